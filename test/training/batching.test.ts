import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toNumbers } from '../../core/tensor.js';
import { batchInputs, epochBatches, sortedBatches, type EncodedExample } from '../../training/batching.js';
import { randomStream } from '../../training/random.js';

const example = fc
  .array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 9 })
  .map((ids): EncodedExample => ({ ids, targets: [1, 0], label: 0 }));

test('every example stands in exactly one batch, whatever the seed', () => {
  fc.assert(
    fc.property(
      fc.array(example, { maxLength: 80 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      (examples, size, seed) => {
        const places = [...examples.keys()];
        for (const batches of [
          epochBatches(examples, size, randomStream(seed, 'shuffle', 0)),
          sortedBatches(examples, size),
        ]) {
          expect(batches.flat().sort((a, b) => a - b)).toEqual(places);
          for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(size);
        }
      },
    ),
  );
});

test('the same seed and epoch give the same batches, another epoch others', () => {
  const examples = Array.from({ length: 64 }, (_, k): EncodedExample => ({
    ids: Array.from({ length: 1 + (k % 7) }, () => 1),
    targets: [1, 0],
    label: 0,
  }));
  const batches = (epoch: number) => epochBatches(examples, 8, randomStream(1, 'shuffle', epoch));
  expect(batches(0)).toEqual(batches(0));
  expect(batches(0)).not.toEqual(batches(1));
});

test('rows are padded with 0 to the longest', () => {
  const { input_ids: ids, sequence_lengths: lengths } = batchInputs([
    { ids: [5, 6, 7], targets: [1, 0], label: 0 },
    { ids: [8], targets: [1, 0], label: 0 },
  ]);
  expect(ids.shape).toEqual([2, 3]);
  expect(toNumbers(ids)).toEqual([5, 6, 7, 8, 0, 0]);
  expect(toNumbers(lengths)).toEqual([3, 1]);
});
