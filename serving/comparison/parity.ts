/** Whether two engines compute the same: the largest difference of a logit, and labels that flip. */
import { argmax } from '../../core/probabilities.js';

export interface Parity {
  /** Null when a logit is not a number, or there are too few or too many. */
  readonly maxLogitDifference: number | null;
  /** Rows whose label differs. */
  readonly labelFlips: number;
}

/** @param ours,theirs of each batch, [rows, classes] row by row */
export function parityOf(
  ours: readonly Float32Array[],
  theirs: readonly Float32Array[],
  classes: number,
): Parity {
  let largest = 0;
  let labelFlips = 0;
  for (const [b, expected] of theirs.entries()) {
    const got = ours[b] ?? new Float32Array();
    if (got.length !== expected.length) largest = NaN;
    for (let i = 0; i < expected.length; i++) {
      // Math.max passes NaN on.
      largest = Math.max(largest, Math.abs((got[i] ?? NaN) - (expected[i] ?? NaN)));
    }
    for (let row = 0; row < expected.length; row += classes) {
      if (argmax(got.subarray(row, row + classes)) !== argmax(expected.subarray(row, row + classes)))
        labelFlips++;
    }
  }
  return { maxLogitDifference: Number.isFinite(largest) ? largest : null, labelFlips };
}
