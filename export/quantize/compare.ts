/** What quantisation changes: logits beside the source's, label by label, and what batch-mates change. */
import { openSession } from '../../core/engines/session.js';
import { paddedBatch } from '../../core/padded-batch.js';
import { argmax } from '../../core/probabilities.js';
import { toNumbers } from '../../core/tensor.js';
import { type Case, largestDifference, sessionLogits } from '../measure.js';

export interface Change {
  readonly texts: number;
  /** Largest |difference| of a logit. */
  readonly difference: number;
  /** Root of the mean squared difference of a logit. */
  readonly deviation: number;
  /** Texts whose label is another one. */
  readonly flips: number;
  /** Largest |difference| of a logit between a text alone and in a padded batch. */
  readonly batchDifference: number;
}

const batchRows = 16;
/** Of these many texts it is measured what batch-mates change. */
const batchedTexts = 256;

/** @param cases rows of ids; run one by one, as they are, by both graphs */
export async function compareLogits(
  before: Uint8Array,
  after: Uint8Array,
  cases: readonly Case[],
): Promise<{ readonly change: Change; readonly expected: number[][]; readonly logits: number[][] }> {
  const expected = await sessionLogits(before, 'all', cases);
  const logits = await sessionLogits(after, 'all', cases);
  const squares = logits.flatMap((row, index) =>
    row.map((value, k) => (value - (expected[index]?.[k] ?? Number.NaN)) ** 2),
  );
  const batched = cases.slice(0, batchedTexts);
  const together = await batchLogits(after, batched);
  const change = {
    texts: cases.length,
    difference: largestDifference(logits, expected),
    deviation: Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / Math.max(1, squares.length)),
    flips: logits.filter((row, index) => argmax(row) !== argmax(expected[index] ?? [])).length,
    batchDifference: largestDifference(together, logits.slice(0, batched.length)),
  };
  return { change, expected, logits };
}

/** In batches of `batchRows`, padded with 0. */
async function batchLogits(model: Uint8Array, cases: readonly Case[]): Promise<number[][]> {
  const session = await openSession(model);
  const found: number[][] = [];
  try {
    for (let start = 0; start < cases.length; start += batchRows) {
      const batch = cases.slice(start, start + batchRows);
      const { logits } = await session.run(paddedBatch(batch.map(({ ids }) => ids)));
      const flat = logits === undefined ? [] : toNumbers(logits);
      const classes = flat.length / batch.length;
      found.push(...batch.map((_, row) => flat.slice(row * classes, (row + 1) * classes)));
    }
    return found;
  } finally {
    await session.close();
  }
}
