/** Operands of binary nodes, told apart by what they are. */
import type { Node } from '../../core/graph/ir.js';
import type { Tensor } from '../../core/tensor.js';
import type { GraphEditor } from './editor.js';

/** The node that gives a value, where it is of this operator of the standard domain. */
export function producerOf(editor: GraphEditor, value: string, ...opTypes: string[]): Node | null {
  const node = editor.producer(value);
  return node?.domain === '' && opTypes.includes(node.opType) ? node : null;
}

/** A value as another one times a number: x * c, c * x or x / c. The value itself times 1 otherwise. */
export function scaledValue(editor: GraphEditor, value: string): { value: string; factor: number } {
  const node = producerOf(editor, value, 'Mul', 'Div');
  const [a = '', b = ''] = node?.inputs ?? [];
  const [left, right] = [editor.uniform(a), editor.uniform(b)];
  if (node !== null && right !== null && right !== 0)
    return { value: a, factor: node.opType === 'Mul' ? right : 1 / right };
  return node?.opType === 'Mul' && left !== null ? { value: b, factor: left } : { value, factor: 1 };
}

/** A constant of one axis that is added to a value's last axis. */
export interface Bias {
  readonly node: Node;
  readonly value: string;
  readonly bias: string;
  readonly tensor: Tensor;
}

/** value + bias, whichever stands first; null where neither is a vector. */
export function biased(editor: GraphEditor, value: string): Bias | null {
  const node = producerOf(editor, value, 'Add');
  const [a = '', b = ''] = node?.inputs ?? [];
  if (node === null) return null;
  for (const [bias, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const tensor = editor.constant(bias);
    const width = editor.typeOf(other)?.shape?.at(-1);
    if (tensor?.shape.length === 1 && tensor.shape[0] === width) return { node, value: other, bias, tensor };
  }
  return null;
}

/** Whether a normalisation or softmax is over the last axis alone. */
export function isLastAxis(editor: GraphEditor, { inputs: [input = ''] }: Node, axis: number): boolean {
  return axis === -1 || axis + 1 === editor.rank(input);
}
