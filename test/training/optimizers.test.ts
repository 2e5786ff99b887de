/** Optimisers against their papers' formulas, written out plainly, and row-sparse against dense. */
import { describe, expect, test } from '@jest/globals';
import { clippingFactor, type Gradient, mergeRows } from '../../training/gradients.js';
import { adadelta } from '../../training/optimizers/adadelta.js';
import { adam } from '../../training/optimizers/adam.js';
import { Optimizer, type UpdateRule } from '../../training/optimizers/optimizer.js';

const dense = (values: number[]): Gradient => ({ kind: 'dense', values: Float32Array.from(values) });

/** The parameter after each step of minimising with these gradients. */
function follow(rule: UpdateRule, start: number, gradients: readonly number[], rate: number): number[] {
  const optimizer = new Optimizer(rule);
  const parameter = Float32Array.of(start);
  return gradients.map((g) => {
    optimizer.step(new Map([['p', parameter]]), new Map([['p', dense([g])]]), rate);
    return parameter[0]!;
  });
}

const gradients = [0.5, -0.2, 0.9, 0.9, -1.4];
const close = (found: readonly number[], expected: readonly number[]) => {
  found.forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k]!, 5);
  });
};

test('Adam', () => {
  let [p, m, v] = [1, 0, 0];
  const expected = gradients.map((g, k) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p -= (0.1 * (m / (1 - 0.9 ** (k + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8);
    return p;
  });
  close(follow(adam(), 1, gradients, 0.1), expected);
});

test('Adam does the same to each element of a run of any length', () => {
  for (const length of [1, 3, 5, 4096, 4099, 9001]) {
    const start = Array.from({ length }, (_, k) => Math.sin(k));
    const steps = [0, 1].map((step) => start.map((_, k) => Math.cos(7 * k + step)));
    const optimizer = new Optimizer(adam({ weightDecay: 0.1 }));
    const parameter = Float32Array.from(start);
    for (const step of steps)
      optimizer.step(new Map([['p', parameter]]), new Map([['p', dense(step)]]), 0.01);
    let worst = 0;
    start.forEach((first, k) => {
      let [p, m, v] = [first, 0, 0];
      steps.forEach((gradient, step) => {
        const g = gradient[k]!;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const [m1, v1] = [m / (1 - 0.9 ** (step + 1)), v / (1 - 0.999 ** (step + 1))];
        p = p * (1 - 0.01 * 0.1) - (0.01 * m1) / (Math.sqrt(v1) + 1e-8);
      });
      worst = Math.max(worst, Math.abs(parameter[k]! - p));
    });
    expect(worst).toBeLessThan(1e-6);
  }
});

test('AdamW decays beside the gradient', () => {
  const plain = follow(adam(), 1, [0.5], 0.1)[0]!;
  expect(follow(adam({ weightDecay: 0.1 }), 1, [0.5], 0.1)[0]).toBeCloseTo(plain - 0.1 * 0.1 * 1, 6);
});

test('Adadelta, with the accumulator before and after in their places, rho, epsilon and the rate', () => {
  for (const [rho, epsilon, rate] of [
    [0.95, 1e-6, 1],
    [0.9, 1e-3, 0.5],
  ] as const) {
    let [p, a, u] = [1, 0, 0];
    const expected = gradients.map((g) => {
      a = rho * a + (1 - rho) * g * g;
      const d = (Math.sqrt(u + epsilon) / Math.sqrt(a + epsilon)) * g;
      u = rho * u + (1 - rho) * d * d;
      p -= rate * d;
      return p;
    });
    close(follow(adadelta({ rho, epsilon }), 1, gradients, rate), expected);
  }
});

describe('row-sparse gradients', () => {
  test('touch their rows alone, with what the dense gradient does to them', () => {
    const table = Float32Array.from({ length: 8 }, (_, k) => k);
    const reference = Float32Array.from(table);
    const sparse: Gradient = {
      kind: 'rows',
      rows: Int32Array.of(3, 1),
      width: 2,
      values: Float32Array.of(1, 2, 3, 4),
    };
    new Optimizer(adam()).step(new Map([['t', table]]), new Map([['t', sparse]]), 0.1);
    new Optimizer(adam()).step(
      new Map([['t', reference]]),
      new Map([['t', dense([0, 0, 3, 4, 0, 0, 1, 2])]]),
      0.1,
    );
    expect([...table]).toEqual([...reference]);
    expect([table[0], table[1], table[4], table[5]]).toEqual([0, 1, 4, 5]);
  });

  test('rows that stand twice are added', () => {
    const merged = mergeRows(BigInt64Array.of(5n, 2n, 5n), Float32Array.of(1, 2, 10, 20, 3, 4), 2);
    expect(merged).toMatchObject({ kind: 'rows', width: 2 });
    expect(merged.kind === 'rows' && [...merged.rows]).toEqual([5, 2]);
    expect([...merged.values]).toEqual([4, 6, 10, 20]);
  });
});

test('clipping bounds the joint norm, and leaves a smaller one as it is', () => {
  expect(clippingFactor([dense([3]), dense([4])], 1)).toBeCloseTo(1 / 5);
  expect(clippingFactor([dense([1, 1, 1, 1, 1, 1, 1])], 1)).toBeCloseTo(1 / Math.sqrt(7));
  expect(clippingFactor([dense([0.6])], 1)).toBe(1);
  expect(clippingFactor([dense([0])], 1)).toBe(1);
  expect(clippingFactor([dense([1e6])], 0)).toBe(1);
});

test.each([adam(), adadelta()])('$name uses gradients as if they had been scaled before', (rule) => {
  const step = (gradient: number, scale: number) => {
    const parameter = Float32Array.of(1);
    new Optimizer(rule).step(new Map([['p', parameter]]), new Map([['p', dense([gradient])]]), 0.1, scale);
    return parameter[0];
  };
  expect(step(0.5, 0.25)).toBe(step(0.125, 1));
});

test('a state continues where it was taken', () => {
  const whole = follow(adam(), 1, gradients, 0.1);
  const first = new Optimizer(adam());
  const parameter = Float32Array.of(1);
  const step = (optimizer: Optimizer, g: number) => {
    optimizer.step(new Map([['p', parameter]]), new Map([['p', dense([g])]]), 0.1);
  };
  gradients.slice(0, 3).forEach((g) => {
    step(first, g);
  });
  const second = new Optimizer(adam());
  const { step: count, slots } = first.state();
  second.restore(count, slots);
  gradients.slice(3).forEach((g) => {
    step(second, g);
  });
  expect(parameter[0]).toBe(whole.at(-1));
});
