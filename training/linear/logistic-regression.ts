/**
 * L2-regularised logistic regression on sparse rows: minimises |w|^2 / 2 + C sum_i c_i log(1 + exp(-y_i (w x_i + b))),
 * y = -1 or 1, the intercept b free. The same objective as scikit-learn's LogisticRegression.
 */
import { minimize, type Minimum } from './lbfgs.js';

/** Row i has the columns `columns[starts[i]]` up to `starts[i + 1]`, with values beside them. */
export interface SparseRows {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

export interface LogisticRegressionOptions {
  readonly columns: number;
  /** C: larger fits the rows more closely. */
  readonly inverseRegularization: number;
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly onIteration?: (iteration: number, value: number) => void;
}

export interface LinearModel {
  readonly weights: Float64Array;
  readonly intercept: number;
  readonly minimum: Minimum;
}

/**
 * @param labels of the rows: 0 or 1
 * @param counts how often each row counts
 */
export function logisticRegression(
  { starts, columns, values }: SparseRows,
  labels: ArrayLike<number>,
  counts: ArrayLike<number>,
  options: LogisticRegressionOptions,
): LinearModel {
  const { columns: width, inverseRegularization: c, tolerance, maxIterations, onIteration } = options;
  const x = new Float64Array(width + 1); // the intercept is last
  const minimum = minimize(
    (at, gradient) => {
      let value = 0;
      for (let i = 0; i < width; i += 1) {
        const weight = at[i] ?? 0;
        value += (weight * weight) / 2;
        gradient[i] = weight;
      }
      let interceptGradient = 0;
      for (let row = 0; row + 1 < starts.length; row += 1) {
        const [from, to] = [starts[row] ?? 0, starts[row + 1] ?? 0];
        let z = at[width] ?? 0;
        for (let k = from; k < to; k += 1) z += (at[columns[k] ?? 0] ?? 0) * (values[k] ?? 0);
        const sign = labels[row] === 1 ? 1 : -1;
        const margin = sign * z;
        const share = c * (counts[row] ?? 0);
        value += share * (margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin);
        const slope = (-sign * share) / (1 + Math.exp(margin));
        interceptGradient += slope;
        for (let k = from; k < to; k += 1) {
          const column = columns[k] ?? 0;
          gradient[column] = (gradient[column] ?? 0) + slope * (values[k] ?? 0);
        }
      }
      gradient[width] = interceptGradient;
      return value;
    },
    x,
    { tolerance, maxIterations, ...(onIteration === undefined ? {} : { onIteration }) },
  );
  return { weights: x.slice(0, width), intercept: x[width] ?? 0, minimum };
}
