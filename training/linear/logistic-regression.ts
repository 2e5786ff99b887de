/**
 * Logistic regression with an L2 penalty, by Newton's method: each step solves the Newton equations by conjugate
 * gradients as exactly as the gradient's norm makes worth while, and is halved until it decreases the objective.
 *
 * Sources: Dembo and Steihaug, Truncated-Newton algorithms for large-scale unconstrained optimization, 1983; Lin, Weng
 * and Keerthi, Trust region Newton method for large-scale logistic regression, 2008 (the Hessian's products).
 */
import type { SparseMatrix } from './sparse-matrix.js';

export interface LogisticProblem {
  /** [rows, features] */
  readonly features: SparseMatrix;
  /** -1 or 1 of each row; both must occur, or there is no least. */
  readonly signs: Float64Array;
  /** How much each row counts. */
  readonly weights: Float64Array;
  /** Of the penalty; positive. 1 / C of scikit-learn. */
  readonly l2: number;
}

/**
 * What is minimised, over features' weights w and the bias b, the last of the `point`: strictly convex in w.
 *
 *     sum_i weight_i ln(1 + exp(-sign_i (x_i w + b))) + l2/2 |w|^2
 */
export interface Evaluated {
  readonly objective: number;
  /** [features + 1] */
  readonly gradient: Float64Array;
  /** The Hessian's product with a vector of [features + 1]. */
  readonly hessianTimes: (direction: Float64Array) => Float64Array;
}

export interface LogisticIteration {
  readonly iteration: number;
  readonly objective: number;
  /** Of the gradient's norm at 0. */
  readonly gradientNorm: number;
}

export interface LogisticFit {
  /** [features] */
  readonly weight: Float64Array;
  readonly bias: number;
  /** At the end, of the gradient's norm at 0. */
  readonly gradientNorm: number;
}

/** The gradient's norm, of its norm at 0, at which the fit ends. */
const tolerance = 1e-5;
const mostIterations = 100;
const mostProducts = 500;
const mostHalvings = 40;
/** Armijo's: the share of the decrease that the slope promises. */
const sufficientDecrease = 1e-4;

export function fitLogisticRegression(
  problem: LogisticProblem,
  onIteration: (iteration: LogisticIteration) => void = () => undefined,
): LogisticFit {
  let point = new Float64Array(problem.features.columns + 1);
  let now = evaluate(problem, point);
  const initial = norm(now.gradient);
  const relative = () => (initial === 0 ? 0 : norm(now.gradient) / initial);
  for (let iteration = 1; iteration <= mostIterations && relative() > tolerance; iteration += 1) {
    const accuracy = Math.min(0.1, Math.sqrt(relative()));
    const next = decrease(problem, point, now, newtonDirection(now, accuracy));
    if (next === null) break;
    ({ point, now } = next);
    onIteration({ iteration, objective: now.objective, gradientNorm: relative() });
  }
  return { weight: point.slice(0, -1), bias: point.at(-1) ?? 0, gradientNorm: relative() };
}

export function evaluate({ features, signs, weights, l2 }: LogisticProblem, point: Float64Array): Evaluated {
  const bias = features.columns;
  /** x_i d + the bias's part of d */
  const scores = (direction: Float64Array) => {
    const found = features.times(direction);
    const constant = direction[bias] ?? 0;
    return found.map((score) => score + constant);
  };
  /** The data's part, of a factor a row, and the penalty's. */
  const gather = (factors: Float64Array, from: Float64Array) => {
    const penalized = features.transposeTimes(factors);
    const gathered = new Float64Array(bias + 1);
    for (let j = 0; j < bias; j += 1) gathered[j] = (penalized[j] ?? 0) + l2 * (from[j] ?? 0);
    gathered[bias] = factors.reduce((sum, factor) => sum + factor, 0);
    return gathered;
  };
  const margins = scores(point).map((score, row) => score * (signs[row] ?? 0));
  // The probability of each row's label.
  const likely = margins.map((margin) => 1 / (1 + Math.exp(-margin)));
  const curvatures = likely.map((p, row) => (weights[row] ?? 0) * p * (1 - p));
  const loss = margins.reduce((sum, margin, row) => sum + (weights[row] ?? 0) * softplus(-margin), 0);
  let squares = 0;
  for (let j = 0; j < bias; j += 1) squares += (point[j] ?? 0) ** 2;
  return {
    objective: loss + (l2 / 2) * squares,
    gradient: gather(
      likely.map((p, row) => (weights[row] ?? 0) * (signs[row] ?? 0) * (p - 1)),
      point,
    ),
    hessianTimes: (direction) =>
      gather(
        scores(direction).map((score, row) => score * (curvatures[row] ?? 0)),
        direction,
      ),
  };
}

/** Conjugate gradients from 0, until the residual's norm is the gradient's times `accuracy`. */
function newtonDirection({ gradient, hessianTimes }: Evaluated, accuracy: number): Float64Array {
  let direction = new Float64Array(gradient.length);
  let residual = gradient.map((value) => -value);
  let search = residual;
  let square = dot(residual, residual);
  const enough = accuracy ** 2 * square;
  for (let product = 0; product < mostProducts && square > enough; product += 1) {
    const image = hessianTimes(search);
    const step = square / dot(search, image);
    direction = plus(direction, step, search);
    residual = plus(residual, -step, image);
    const before = square;
    square = dot(residual, residual);
    search = plus(residual, square / before, search);
  }
  return direction;
}

/** A point further along that has a lower objective; null where rounding leaves none to be found. */
function decrease(
  problem: LogisticProblem,
  point: Float64Array,
  { objective, gradient }: Evaluated,
  direction: Float64Array,
): { point: Float64Array<ArrayBuffer>; now: Evaluated } | null {
  const slope = dot(gradient, direction);
  for (let halving = 0, step = 1; halving <= mostHalvings; halving += 1, step /= 2) {
    const further = plus(point, step, direction);
    const now = evaluate(problem, further);
    if (now.objective <= objective + sufficientDecrease * step * slope) return { point: further, now };
  }
  return null;
}

/** ln(1 + exp(x)) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** a + factor * b */
function plus(a: Float64Array, factor: number, b: Float64Array): Float64Array<ArrayBuffer> {
  const sum = new Float64Array(a.length);
  for (let i = 0; i < a.length; i += 1) sum[i] = (a[i] ?? 0) + factor * (b[i] ?? 0);
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x));
}
