/** Dropout masks: what is dropped, what the rest is scaled by, and that a mask is of its own draw alone. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toNumbers } from '../../core/tensor.js';
import type { DropoutSite } from '../../models/network.js';
import { DropoutMasks } from '../../training/dropout.js';
import { randomStream } from '../../training/random.js';
import type { StepSizes } from '../../training/step-sizes.js';

const sites: readonly DropoutSite[] = [
  { name: 'words', shape: ['batch_size', 'sequence_length', 3] },
  { name: 'states', shape: ['batch_size', 5] },
];
const sizes: StepSizes = { batch_size: 3, sequence_length: 7 };
const draw = (masks: DropoutMasks, of: StepSizes, seed: number, step: number) =>
  Object.entries(masks.draw(of, randomStream(seed, 'dropout', step))).map(([name, mask]) => ({
    name,
    shape: mask.shape,
    values: toNumbers(mask),
  }));
const rate = fc.double({ min: 0, max: 0.95, noNaN: true });

test('the seed and the step decide the mask', () => {
  const of = (seed: number, step: number) => draw(new DropoutMasks(sites, 0.5), sizes, seed, step);
  expect(of(1, 4)).toEqual(of(1, 4));
  expect(of(1, 5)).not.toEqual(of(1, 4));
  expect(of(2, 4)).not.toEqual(of(1, 4));
});

test('sites have their own shapes and draws', () => {
  const [words, states] = draw(new DropoutMasks(sites, 0.5), sizes, 1, 0);
  expect(words).toMatchObject({ name: 'words', shape: [3, 7, 3] });
  expect(states).toMatchObject({ name: 'states', shape: [3, 5] });
  expect(words!.values.slice(0, 15)).not.toEqual(states!.values);
});

test('a value is 0 or 1 / (1 - rate), and the share of zeros is the rate', () => {
  const many = { batch_size: 200, sequence_length: 60 };
  fc.assert(
    fc.property(rate, fc.nat(), (dropped, seed) => {
      const { values } = draw(new DropoutMasks(sites, dropped), many, seed, 0)[0]!;
      // Rates are kept to 2^-16, half of which a scale may be off by.
      const kept = 1 / (1 - dropped);
      const zeros = values.filter((value) => value === 0).length;
      for (const value of new Set(values)) {
        if (value !== 0) expect(Math.abs(value / kept - 1)).toBeLessThan(kept * 2 ** -17 + 1e-6);
      }
      // Five standard deviations of a binomial.
      const deviation = Math.sqrt(dropped * (1 - dropped) * values.length);
      expect(Math.abs(zeros - dropped * values.length)).toBeLessThanOrEqual(
        5 * deviation + values.length * 2 ** -16,
      );
    }),
    { numRuns: 30 },
  );
});

test('the two halves of a draw drop as much, and independently', () => {
  const { values } = draw(new DropoutMasks(sites, 0.5), { batch_size: 400, sequence_length: 60 }, 3, 0)[0]!;
  const pairs = { '00': 0, '01': 0, '10': 0, '11': 0 };
  for (let i = 0; i < values.length; i += 2)
    pairs[`${Number(values[i]! > 0) as 0 | 1}${Number(values[i + 1]! > 0) as 0 | 1}`] += 1;
  const quarter = values.length / 8;
  for (const count of Object.values(pairs))
    expect(Math.abs(count - quarter)).toBeLessThanOrEqual(5 * Math.sqrt(quarter));
});

test('a buffer that is used again shows nothing of an earlier draw', () => {
  const size = fc.record({
    batch_size: fc.integer({ min: 1, max: 5 }),
    sequence_length: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(rate, fc.array(size, { minLength: 2, maxLength: 6 }), (dropped, draws) => {
      const used = new DropoutMasks(sites, dropped);
      draws.forEach((of, step) => {
        expect(draw(used, of, 1, step)).toEqual(draw(new DropoutMasks(sites, dropped), of, 1, step));
      });
    }),
    { numRuns: 20 },
  );
});

test('a rate of 0 keeps everything as it is', () => {
  for (const { values } of draw(new DropoutMasks(sites, 0), sizes, 1, 0))
    expect(new Set(values)).toEqual(new Set([1]));
});

test('a site of another dimension is refused', () => {
  const masks = new DropoutMasks([{ name: 'odd', shape: ['heads'] }], 0.5);
  expect(() => masks.draw(sizes, randomStream(1, 'dropout', 0))).toThrow(RangeError);
});
