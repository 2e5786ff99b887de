/** Token ids to the tensors that every engine is given. */
import { fail } from '../../core/errors.js';
import { int32, int64, type Tensor } from '../../core/tensor.js';
import type { Batch } from './engine.js';

/** What stands after a row's end; `sequence_lengths` keeps it from counting. */
const paddingId = 0;

/**
 * Batches of `size` rows in the order given, each padded to its longest row.
 * @throws RetortError comparison_input_unknown for a network with an input that texts do not determine
 */
export function batchesOf(
  rows: readonly (readonly number[])[],
  size: number,
  inputs: readonly string[],
): Batch[] {
  const batches: Batch[] = [];
  for (let start = 0; start < rows.length; start += size) {
    const group = rows.slice(start, start + size);
    const feeds = Object.fromEntries(inputs.map((name) => [name, input(name, group)]));
    batches.push({ feeds, rows: group.length, words: group.reduce((words, row) => words + row.length, 0) });
  }
  return batches;
}

function input(name: string, rows: readonly (readonly number[])[]): Tensor {
  switch (name) {
    case 'input_ids': {
      const longest = Math.max(...rows.map((row) => row.length));
      const ids = rows.flatMap((row) => Array.from({ length: longest }, (_, i) => row[i] ?? paddingId));
      return int64(ids, [rows.length, longest]);
    }
    case 'sequence_lengths':
      return int32(rows.map((row) => row.length));
    default:
      throw fail('comparison_input_unknown', { name });
  }
}
