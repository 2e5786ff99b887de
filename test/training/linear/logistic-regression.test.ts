/** L-BFGS finds minima, and the regression's minimum is where its gradient says. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { minimize } from '../../../training/linear/lbfgs.js';
import { logisticRegression } from '../../../training/linear/logistic-regression.js';

test('the minimum of a badly scaled quadratic', () => {
  const scales = [1, 10, 100, 1000];
  const x = Float64Array.from([3, -2, 1, 5]);
  const minimum = minimize(
    (at, gradient) =>
      scales.reduce((sum, scale, i) => {
        const distance = at[i]! - i;
        gradient[i] = scale * distance;
        return sum + (scale * distance * distance) / 2;
      }, 0),
    x,
    { tolerance: 1e-9, maxIterations: 200 },
  );
  x.forEach((value, i) => expect(value).toBeCloseTo(i, 8));
  expect(minimum.gradient).toBeLessThanOrEqual(1e-9);
});

test('it stops after the iterations that it was given', () => {
  const x = new Float64Array(2).fill(9);
  const rosenbrock = (at: Float64Array, gradient: Float64Array) => {
    const [a, b] = [at[0]!, at[1]!];
    gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
    gradient[1] = 200 * (b - a * a);
    return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
  };
  expect(minimize(rosenbrock, x, { tolerance: 1e-12, maxIterations: 3 }).iterations).toBe(3);
});

const rows = {
  starts: Int32Array.from([0, 2, 3, 5, 6]),
  columns: Int32Array.from([0, 1, 1, 0, 2, 2]),
  values: Float32Array.from([1, 0.5, 1, 0.25, 1, 0.75]),
};

/** The objective as its definition has it, on dense rows. */
function objective(
  weights: ArrayLike<number>,
  intercept: number,
  labels: number[],
  counts: number[],
  c: number,
) {
  let value = 0;
  for (let k = 0; k < 3; k += 1) value += weights[k]! ** 2 / 2;
  for (let row = 0; row < 4; row += 1) {
    let z = intercept;
    for (let k = rows.starts[row]!; k < rows.starts[row + 1]!; k += 1)
      z += weights[rows.columns[k]!]! * rows.values[k]!;
    value += c * counts[row]! * Math.log(1 + Math.exp(labels[row] === 1 ? -z : z));
  }
  return value;
}

test('no step from what is found makes the objective smaller', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
      fc.double({ min: 0.01, max: 20, noNaN: true }),
      (labels, counts, c) => {
        fc.pre(new Set(labels).size === 2); // with one label the intercept has no minimum
        const options = { columns: 3, inverseRegularization: c, tolerance: 1e-8, maxIterations: 500 };
        const { weights, intercept, minimum } = logisticRegression(rows, labels, counts, options);
        const found = objective(weights, intercept, labels, counts, c);
        expect(found).toBeCloseTo(minimum.value, 6);
        for (let k = 0; k < 4; k += 1) {
          for (const step of [-1e-3, 1e-3]) {
            const moved = Float64Array.from(weights, (weight, i) => weight + (i === k ? step : 0));
            expect(objective(moved, intercept + (k === 3 ? step : 0), labels, counts, c)).toBeGreaterThan(
              found - 1e-9,
            );
          }
        }
      },
    ),
  );
});
