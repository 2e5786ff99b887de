/** Axes of Squeeze, Unsqueeze and reductions, which older opsets have as an attribute. */
import type { Node } from '../../core/graph/ir.js';
import { intsAttribute } from '../../core/graph/inference/rule.js';
import type { GraphEditor } from './editor.js';

/** Counted from the front; null where they are not known. */
export function axesOfNode(editor: GraphEditor, node: Node): number[] | null {
  const [input = '', told = ''] = node.inputs;
  const axes = intsAttribute(node, 'axes') ?? (told === '' ? null : editor.numbers(told));
  const rank = editor.rank(input);
  if (axes === null || rank === null) return null;
  const whole = node.opType === 'Unsqueeze' ? rank + axes.length : rank;
  return axes.map((axis) => (axis < 0 ? axis + whole : axis));
}
