/** Batches of rows of like length, so that little of a batch is padding. */
import { paddedBatch } from '../core/padded-batch.js';
import { type Random, shuffle } from './random.js';

export interface EncodedExample {
  /** Word ids, at least one. */
  readonly ids: readonly number[];
  /** What the loss compares the logits with: [classes], or as many times as the loss has parts. */
  readonly targets: readonly number[];
  readonly label: 0 | 1;
}

/** How many batches' rows are sorted by length together: larger pads less and mixes less. */
const batchesPerPool = 50;

/**
 * One epoch's batches as places in `examples`: shuffled, sorted by length within pools, cut, and shuffled again.
 * Every example stands in exactly one batch; only the last batch of a pool may be smaller.
 */
export function epochBatches(
  examples: readonly EncodedExample[],
  batchSize: number,
  random: Random,
): number[][] {
  const order = shuffle([...examples.keys()], random);
  const batches: number[][] = [];
  const pool = batchSize * batchesPerPool;
  for (let start = 0; start < order.length; start += pool) {
    const sorted = order
      .slice(start, start + pool)
      .sort((a, b) => lengthAt(examples, a) - lengthAt(examples, b));
    for (let from = 0; from < sorted.length; from += batchSize)
      batches.push(sorted.slice(from, from + batchSize));
  }
  return shuffle(batches, random);
}

/** All examples once, shortest first: for evaluation. */
export function sortedBatches(examples: readonly EncodedExample[], batchSize: number): number[][] {
  const order = [...examples.keys()].sort((a, b) => lengthAt(examples, a) - lengthAt(examples, b));
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, index) =>
    order.slice(index * batchSize, (index + 1) * batchSize),
  );
}

/** The feeds of one batch: `input_ids` [batch, longest], padded with 0, and `sequence_lengths` [batch]. */
export function batchInputs(rows: readonly EncodedExample[]): ReturnType<typeof paddedBatch> {
  return paddedBatch(rows.map(({ ids }) => ids));
}

function lengthAt(examples: readonly EncodedExample[], index: number): number {
  return examples[index]?.ids.length ?? 0;
}
