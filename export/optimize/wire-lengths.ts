/**
 * Recurrent operators without lengths are given those of an input. Paddle2ONNX leaves them out, so that the backward
 * direction begins in the padding. What padded rows give changes, on purpose; rows without padding give what they gave.
 */
import { fail } from '../../core/errors.js';
import type { Model } from '../../core/graph/ir.js';
import { GraphEditor } from './editor.js';
import { int32Of } from './int32-of.js';

const recurrent: readonly string[] = ['LSTM', 'GRU', 'RNN'];
const lengthsPlace = 4;

/** @throws RetortError optimizer_lengths_missing */
export function withLengths(model: Model, input: string): Model {
  const editor = new GraphEditor(model.graph);
  if (!editor.inputs.includes(input) || editor.rank(input) !== 1)
    throw fail('optimizer_lengths_missing', { name: input, known: editor.inputs.join(', ') });
  for (const node of editor.nodes()) {
    const isOpen = recurrent.includes(node.opType) && (node.inputs[lengthsPlace] ?? '') === '';
    if (!isOpen || node.domain !== '') continue;
    const inputs = [...node.inputs];
    while (inputs.length <= lengthsPlace) inputs.push('');
    editor.update(node, { inputs: inputs.with(lengthsPlace, int32Of(editor, input)) });
  }
  return { ...model, graph: editor.build() };
}
