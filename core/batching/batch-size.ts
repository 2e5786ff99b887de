/** How many rows of a bucket's head a worker takes: a pure function, so that the policy can be read by itself. */

/** Why a batch is no larger. */
export type DispatchReason =
  | 'rows' // the most rows that a worker takes
  | 'budget' // another row would cost more than the token budget
  | 'shared' // other workers are free too
  | 'drained'; // nothing else of like length waits

export interface BatchLimits {
  readonly largestBatch: number;
  /** The most tokens of a batch, padding counted. A row that is longer by itself goes alone. */
  readonly tokenBudget: number;
  /** Rows are run one by one: none is padded. */
  readonly rowByRow: boolean;
}

/**
 * @param lengths of a bucket's waiting rows, oldest first, at least one
 * @param freeWorkers among which the rows are shared, at least one
 */
export function batchSize(
  lengths: readonly number[],
  freeWorkers: number,
  { largestBatch, tokenBudget, rowByRow }: BatchLimits,
): { rows: number; reason: DispatchReason } {
  const share = Math.ceil(lengths.length / freeWorkers);
  const most = Math.min(largestBatch, share, lengths.length);
  let [longest, total] = [0, 0];
  for (let rows = 0; rows < most; rows += 1) {
    const length = lengths[rows] ?? 0;
    longest = Math.max(longest, length);
    total += length;
    const cost = rowByRow ? total : longest * (rows + 1);
    if (rows > 0 && cost > tokenBudget) return { rows, reason: 'budget' };
  }
  if (most === lengths.length) return { rows: most, reason: 'drained' };
  return { rows: most, reason: most === largestBatch ? 'rows' : 'shared' };
}
