/** The gradient of a batch from those of its parts. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { networkOf } from '../../models/networks.js';
import { batchInputs, type EncodedExample } from '../../training/batching.js';
import { DropoutMasks } from '../../training/dropout.js';
import { GradientSession } from '../../training/gradient-session.js';
import { GradientSum } from '../../training/gradient-sum.js';
import type { Gradient } from '../../training/gradients.js';
import { crossEntropy } from '../../training/losses.js';
import { ParameterStore } from '../../training/parameters.js';
import { randomStream } from '../../training/random.js';
import { float32 } from '../../core/tensor.js';

/** A row-sparse gradient as the whole table's, [rows, width]. */
function spread(gradient: Gradient, rows: number): number[] {
  if (gradient.kind === 'dense') return [...gradient.values];
  const { width, values } = gradient;
  const whole = new Array<number>(rows * width).fill(0);
  gradient.rows.forEach((row, place) => {
    for (let i = 0; i < width; i += 1) whole[row * width + i]! += values[place * width + i]!;
  });
  return whole;
}

test('parts add up to the whole batch, weighted by their rows', async () => {
  const vocabularySize = 12;
  const network = networkOf('bilstm', { vocabularySize, embedding: 4, hidden: 3, inner: 3, classes: 2 });
  const parameters = ParameterStore.initialize(network.parameters, 5);
  const session = await GradientSession.open(network, crossEntropy, parameters, { intraOpThreads: 1 });
  const random = randomStream(9, 'shuffle', 0);
  const examples = Array.from({ length: 11 }, (): EncodedExample => {
    const ids = Array.from({ length: 1 + random.below(6) }, () => random.below(vocabularySize));
    return { ids, targets: random.below(2) === 1 ? [0, 1] : [1, 0], label: 0 };
  });
  const masks = new DropoutMasks(network.dropoutSites, 0);
  const run = (rows: readonly EncodedExample[]) => {
    const inputs = batchInputs(rows);
    const [batch_size = 0, sequence_length = 0] = inputs.input_ids.shape;
    const targets = float32(
      rows.flatMap((row) => [...row.targets]),
      [rows.length, 2],
    );
    return session.run(inputs, masks.draw({ batch_size, sequence_length }, random), targets);
  };
  // A result holds until the next run.
  const whole = structuredClone(await run(examples));
  for (const size of [1, 4, 11]) {
    const sum = new GradientSum();
    for (let from = 0; from < examples.length; from += size) {
      const part = examples.slice(from, from + size);
      sum.add((await run(part)).gradients, part.length / examples.length);
    }
    const total = sum.total();
    expect([...total.keys()].sort()).toEqual([...whole.gradients.keys()].sort());
    for (const [name, gradient] of total) {
      const expected = spread(whole.gradients.get(name)!, vocabularySize);
      const found = spread(gradient, vocabularySize);
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-5);
      expected.forEach((value, i) => {
        expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-6 + 1e-4 * Math.abs(value));
      });
      if (gradient.kind === 'rows') expect(new Set(gradient.rows).size).toBe(gradient.rows.length);
    }
  }
  await session.close();
});

test('rows of several parts stand once, each with the sum of its parts', () => {
  const width = 2;
  const part = fc.uniqueArray(fc.nat(6), { maxLength: 5 }).chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      values: fc.array(fc.integer({ min: -8, max: 8 }), {
        minLength: rows.length * width,
        maxLength: rows.length * width,
      }),
    }),
  );
  // Powers of two: every sum is exact.
  const weight = fc.constantFrom(0.25, 0.5, 1, 2);
  fc.assert(
    fc.property(fc.array(fc.tuple(part, weight), { minLength: 1, maxLength: 4 }), (parts) => {
      const sum = new GradientSum();
      const expected = new Array<number>(7 * width).fill(0);
      for (const [{ rows, values }, share] of parts) {
        const gradient: Gradient = {
          kind: 'rows',
          rows: Int32Array.from(rows),
          width,
          values: Float32Array.from(values),
        };
        spread(gradient, 7).forEach((value, i) => (expected[i]! += share * value));
        sum.add(new Map([['table', gradient]]), share);
      }
      const total = sum.total().get('table')!;
      expect(spread(total, 7).map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
      expect(total.kind === 'rows' && new Set(total.rows).size === total.rows.length).toBe(true);
    }),
  );
});

test('nothing added is nothing', () => {
  expect(new GradientSum().total()).toEqual(new Map());
});
