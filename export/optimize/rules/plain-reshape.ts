/**
 * A reshape whose target was computed gets a constant one, and reshapes of reshapes become one:
 * reshape(reshape(x, a), b) = reshape(x, b).
 */
import type { Node } from '../../../core/graph/ir.js';
import { int64 } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import { asNumber } from '../elements/polynomial.js';
import { reshapeTarget } from '../reshape-target.js';
import { type Rule } from '../rule.js';

const reshapes: readonly string[] = ['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'];

export const plainReshape: Rule = {
  name: 'plain-reshape',
  anchors: reshapes,
  match(editor, node) {
    const [input = '', told = ''] = node.inputs;
    const chain = reshapesAbove(editor, node);
    const from = chain.at(-1)?.inputs[0] ?? input;
    const isPlain = node.opType !== 'Reshape' || editor.constant(told) !== null;
    if (isPlain && from === input) return null;
    const whole = targetOf(editor, from, chain);
    const target = whole ?? (isPlain ? null : targetOf(editor, input, [node]));
    if (target === null) return null;
    const data = whole === null ? input : from;
    return {
      edit: () => {
        const shape = editor.initializer('shape', int64(target));
        editor.remove(node);
        editor.add({ opType: 'Reshape', inputs: [data, shape], outputs: node.outputs });
      },
    };
  },
};

/** A node and the reshapes above it, the highest last. */
function reshapesAbove(editor: GraphEditor, node: Node): readonly Node[] {
  const above = editor.producer(node.inputs[0] ?? '');
  return above?.domain === '' && reshapes.includes(above.opType)
    ? [node, ...reshapesAbove(editor, above)]
    : [node];
}

/** Of one reshape in the place of several. */
function targetOf(editor: GraphEditor, from: string, chain: readonly Node[]): number[] | null {
  const [given, wanted] = [from, chain[0]?.outputs[0] ?? ''].map((value) => editor.elements.shape(value));
  const target = given == null || wanted == null ? null : reshapeTarget(given, wanted);
  const isTold = target?.includes(-1) !== true || !target.includes(0);
  return isTold || chain.some((one) => leavesOpen(editor, one)) ? target : null;
}

/** Whether a reshape tells an axis by what is left beside one that may have no elements: then nothing is left to tell it by. */
function leavesOpen(editor: GraphEditor, { opType, inputs }: Node): boolean {
  const lengths = opType === 'Reshape' ? (editor.elements.integers(inputs[1] ?? '') ?? []).map(asNumber) : [];
  return lengths.includes(-1) && lengths.some((length) => length === null || length === 0);
}
