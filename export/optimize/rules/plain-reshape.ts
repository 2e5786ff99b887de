/**
 * A reshape whose target was computed gets a constant one, and reshapes of reshapes become one:
 * reshape(reshape(x, a), b) = reshape(x, b).
 */
import type { Node } from '../../../core/graph/ir.js';
import { int64 } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import { reshapeTarget } from '../reshape-target.js';
import { type Rule } from '../rule.js';

const reshapes: readonly string[] = ['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'];

export const plainReshape: Rule = {
  name: 'plain-reshape',
  anchors: reshapes,
  match(editor, node) {
    const [input = '', told = ''] = node.inputs;
    const from = source(editor, input);
    const isPlain = node.opType !== 'Reshape' || editor.constant(told) !== null;
    if (isPlain && from === input) return null;
    const target = targetOf(editor, from, node) ?? (isPlain ? null : targetOf(editor, input, node));
    if (target === null) return null;
    const data = targetOf(editor, from, node) === null ? input : from;
    return {
      edit: () => {
        const shape = editor.initializer('shape', int64(target));
        editor.remove(node);
        editor.add({ opType: 'Reshape', inputs: [data, shape], outputs: node.outputs });
      },
    };
  },
};

/** What is reshaped, above any reshapes of it. */
function source(editor: GraphEditor, value: string): string {
  const above = editor.producer(value);
  return above?.domain === '' && reshapes.includes(above.opType)
    ? source(editor, above.inputs[0] ?? '')
    : value;
}

function targetOf(editor: GraphEditor, from: string, { outputs }: Node): number[] | null {
  const [given, wanted] = [editor.elements.shape(from), editor.elements.shape(outputs[0] ?? '')];
  return given === null || wanted === null ? null : reshapeTarget(given, wanted);
}
