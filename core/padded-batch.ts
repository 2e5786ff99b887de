/** Rows of ids as the feeds of one run: what every network and bundle takes. */
import { int32, tensor, type Tensor } from './tensor.js';

/** `input_ids` [batch, longest], padded with 0, and `sequence_lengths` [batch]. */
export function paddedBatch(
  rows: readonly (readonly number[])[],
): Record<'input_ids' | 'sequence_lengths', Tensor> {
  const longest = Math.max(...rows.map((ids) => ids.length));
  const ids = new BigInt64Array(rows.length * longest);
  rows.forEach((row, index) => {
    row.forEach((id, place) => (ids[index * longest + place] = BigInt(id)));
  });
  return {
    input_ids: tensor('int64', ids, [rows.length, longest]),
    sequence_lengths: int32(rows.map((row) => row.length)),
  };
}
