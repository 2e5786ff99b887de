/** The optimum of logistic regression: its derivatives against finite differences, its gradient 0, no better point. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  evaluate,
  fitLogisticRegression,
  type LogisticProblem,
} from '../../../training/linear/logistic-regression.js';
import { SparseMatrix } from '../../../training/linear/sparse-matrix.js';
import { randomStream } from '../../../training/random.js';

/** Rows of ids with random values, as dense and sparse matrix. */
function matrices(rows: number, columns: number, seed: number) {
  const random = randomStream(seed, 'initialisation', 0);
  const places = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, (_, column) => column).filter(() => random.uniform() < 0.4),
  );
  const values = places.map((row) => row.map(() => 2 * random.uniform() - 1));
  const dense = places.map((row, i) =>
    Array.from({ length: columns }, (_, column) => values[i]![row.indexOf(column)] ?? 0),
  );
  const sparse = new SparseMatrix(places, columns, (row) => values[places.indexOf(row as number[])]!);
  const vector = (length: number) => Float64Array.from({ length }, () => 2 * random.uniform() - 1);
  return { dense, sparse, vector };
}

function problemOf(rows: number, columns: number, seed: number): LogisticProblem {
  const { sparse: features, vector } = matrices(rows, columns, seed);
  return {
    features,
    // Both signs occur, and no feature tells them.
    signs: Float64Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 1 : -1)),
    weights: vector(rows).map((value) => 2 + value),
    l2: 0.125,
  };
}

const sizeOf = (x: Float64Array) => Math.hypot(...x);
const dot = (a: ArrayLike<number>, b: Float64Array) =>
  b.reduce((sum, value, i) => sum + value * (a[i] ?? 0), 0);

test('a sparse matrix multiplies as the dense one does', () => {
  fc.assert(
    fc.property(fc.nat(6), fc.nat(6), fc.nat(1000), (rows, columns, seed) => {
      const { dense, sparse, vector } = matrices(rows, columns, seed);
      const [x, y] = [vector(columns), vector(rows)];
      sparse.times(x).forEach((value, row) => expect(value).toBeCloseTo(dot(dense[row]!, x), 12));
      sparse.transposeTimes(y).forEach((value, column) => {
        expect(value).toBeCloseTo(
          dot(
            dense.map((row) => row[column]!),
            y,
          ),
          12,
        );
      });
    }),
  );
});

describe('the objective', () => {
  const problem = problemOf(12, 6, 1);
  const { vector } = matrices(0, 0, 2);
  const point = vector(7);
  const along = (direction: Float64Array, step: number) =>
    evaluate(
      problem,
      point.map((value, i) => value + step * direction[i]!),
    );
  const step = 1e-5;
  const directions = Array.from({ length: 7 }, (_, axis) =>
    Float64Array.from({ length: 7 }, (__, i) => Number(i === axis)),
  );

  test('has the gradient that finite differences give', () => {
    const { gradient } = evaluate(problem, point);
    directions.forEach((direction, axis) => {
      const slope = (along(direction, step).objective - along(direction, -step).objective) / (2 * step);
      expect(gradient[axis]).toBeCloseTo(slope, 7);
    });
  });

  test('has the curvature that finite differences of the gradient give', () => {
    for (const direction of [...directions, vector(7)]) {
      const [after, before] = [along(direction, step).gradient, along(direction, -step).gradient];
      evaluate(problem, point)
        .hessianTimes(direction)
        .forEach((value, i) => {
          expect(value).toBeCloseTo((after[i]! - before[i]!) / (2 * step), 6);
        });
    }
  });

  test('is finite where the scores are huge', () => {
    const { objective, gradient } = evaluate(
      problem,
      point.map((value) => 1e6 * value),
    );
    expect([objective, ...gradient].every(Number.isFinite)).toBe(true);
  });
});

test('a fit ends where the gradient is 0 and no step lowers the objective', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 20 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(1000),
      (rows, columns, seed) => {
        const problem = problemOf(rows, columns, seed);
        const { weight, bias, gradientNorm } = fitLogisticRegression(problem);
        const optimum = Float64Array.from([...weight, bias]);
        const { objective, gradient } = evaluate(problem, optimum);
        const initial = sizeOf(evaluate(problem, new Float64Array(columns + 1)).gradient);
        expect(gradientNorm).toBeLessThanOrEqual(1e-5);
        expect(sizeOf(gradient)).toBeLessThanOrEqual(1.001e-5 * initial);
        const { vector } = matrices(0, 0, seed);
        for (let k = 0; k < 5; k += 1) {
          const away = vector(columns + 1);
          expect(
            evaluate(
              problem,
              optimum.map((value, i) => value + 0.01 * away[i]!),
            ).objective,
          ).toBeGreaterThan(objective);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('the objective falls at every iteration', () => {
  const objectives: number[] = [];
  const problem = { ...problemOf(30, 20, 7), l2: 1e-4 };
  fitLogisticRegression(problem, ({ objective }) => objectives.push(objective));
  expect(objectives.length).toBeGreaterThan(2);
  expect(objectives).toEqual(objectives.toSorted((a, b) => b - a));
});

test('a row of weight 3 counts as three rows', () => {
  const ids = [
    [2, 3],
    [3, 4],
    [2, 4],
    [2, 5],
  ];
  const fitted = (copies: readonly number[], weights: readonly number[]) => {
    const rows = copies.flatMap((count, row) => Array.from({ length: count }, () => row));
    return fitLogisticRegression({
      features: new SparseMatrix(
        rows.map((row) => ids[row]!),
        6,
        (places) => Array.from(places, (column) => column / 10),
      ),
      signs: Float64Array.from(rows, (row) => (row < 2 ? 1 : -1)),
      weights: Float64Array.from(rows, (row) => weights[row]!),
      l2: 0.5,
    });
  };
  const [weighed, repeated] = [fitted([1, 1, 1, 1], [3, 1, 3, 1]), fitted([3, 1, 3, 1], [1, 1, 1, 1])];
  weighed.weight.forEach((value, j) => expect(value).toBeCloseTo(repeated.weight[j]!, 4));
  expect(weighed.bias).toBeCloseTo(repeated.bias, 4);
});
