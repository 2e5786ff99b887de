/** What a request's tensors ask for: texts, or rows of ids. */
import { longestRow } from '../../core/bundle/longest-row.js';
import { fail } from '../../core/errors.js';
import type { ServedModel } from '../model-registry.js';
import type { Item } from '../predictor.js';
import { checkTexts } from './check-texts.js';
import type { Limits } from './context.js';
import { inputInvalid, type InputTensor, integersOf, stringsOf } from './tensors.js';

/**
 * Either `text` (BYTES, any shape) alone, or `input_ids` (INT64 [rows, words]) with `sequence_lengths` (INT32 [rows]).
 * @throws RetortError inference_input_invalid and those of the limits
 */
export function itemsOf(inputs: readonly InputTensor[], model: ServedModel, limits: Limits): Item[] {
  const named = new Map(inputs.map((input) => [input.name, input]));
  if (named.size < inputs.length) throw inputInvalid([...named.keys()].join(', '), 'a name stands twice');
  const text = named.get('text');
  if (text !== undefined && named.size === 1) {
    const texts = stringsOf(text);
    if (texts.length === 0) throw inputInvalid('text', 'it is empty');
    checkTexts(texts, limits);
    return texts.map((one) => ({ text: one }));
  }
  const [ids, lengths] = [named.get('input_ids'), named.get('sequence_lengths')];
  if (ids === undefined || lengths === undefined || named.size !== 2)
    throw inputInvalid([...named.keys()].join(', '), 'give input_ids with sequence_lengths, or text alone');
  return rowsOf(ids, lengths, model, limits);
}

function rowsOf(
  ids: InputTensor,
  lengths: InputTensor,
  { manifest, pool: { vocabularySize } }: ServedModel,
  limits: Limits,
): Item[] {
  const [rows = 0, columns = 0] = ids.shape;
  if (ids.shape.length !== 2 || rows === 0 || columns === 0) {
    throw inputInvalid(
      'input_ids',
      `its shape is [${ids.shape.join(', ')}], not [rows, words] with at least one each`,
    );
  }
  if (rows > limits.textsPerRequest)
    throw fail('too_many_texts', { texts: rows, limit: limits.textsPerRequest });
  if (columns > limits.textCharacters)
    throw fail('text_too_long', { index: 0, characters: columns, limit: limits.textCharacters });
  const values = integersOf(ids, ['INT64', 'INT32']);
  const outside = values.findIndex((id) => id < 0 || id >= vocabularySize);
  if (outside >= 0) {
    throw inputInvalid(
      'input_ids',
      `element ${String(outside)} is ${String(values[outside])}; ids are 0 to ${String(vocabularySize - 1)}`,
    );
  }
  const sizes = integersOf(lengths, ['INT32', 'INT64']);
  if (sizes.length !== rows)
    throw inputInvalid(
      'sequence_lengths',
      `it has ${String(sizes.length)} elements for ${String(rows)} rows`,
    );
  // A longer row may be more than the network has places for, and would fail with all that share its batch.
  const longest = Math.min(columns, longestRow(manifest));
  return sizes.map((length, row) => {
    if (length < 1 || length > longest) {
      throw inputInvalid(
        'sequence_lengths',
        `element ${String(row)} is ${String(length)}; lengths are 1 to ${String(longest)}`,
      );
    }
    return { ids: values.slice(row * columns, row * columns + length) };
  });
}
