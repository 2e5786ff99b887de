/** The grid of a comparison: rows of an exact length, cut or continued from real texts, in batches. */
import { batchesOf } from './batches.js';
import type { Batch } from './engine.js';

export interface CellSpec {
  readonly kind: 'grid' | 'seed';
  /** Rows in a batch. */
  readonly batch: number;
  /** Tokens in a row; null: as many as each text has. */
  readonly length: number | null;
}

/** @param rows the texts' token ids; not empty */
export function batchesOfCell(
  { kind, batch, length }: CellSpec,
  rows: readonly (readonly number[])[],
  inputs: readonly string[],
): Batch[] {
  if (kind === 'seed') return batchesOf(rows.slice(0, 1), 1, inputs);
  if (length === null) return batchesOf(rows, batch, inputs);
  const filled = Array.from({ length: batch }, (_, row) => ofLength(rows[row % rows.length] ?? [], length));
  return batchesOf(filled, batch, inputs);
}

/** The first and the last token stay (in encoders they are special); what is between is cut or repeated. */
function ofLength(ids: readonly number[], length: number): number[] {
  const [first = 0, last = first] = [ids[0], ids.at(-1)];
  if (length < 2) return [first];
  const between = ids.length > 2 ? ids.slice(1, -1) : [last];
  const middle = Array.from({ length: length - 2 }, (_, i) => between[i % between.length] ?? last);
  return [first, ...middle, last];
}
