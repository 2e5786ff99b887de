/**
 * Limited-memory BFGS with backtracking, for smooth convex functions. Source: Nocedal and Wright, Numerical
 * Optimization, 2nd edition, algorithms 7.4 and 3.1.
 */

/** Gives the value at `x` and writes the gradient there. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Ends when no element of the gradient is larger. */
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly onIteration?: (iteration: number, value: number, largest: number) => void;
}

export interface Minimum {
  readonly value: number;
  readonly iterations: number;
  /** The largest element of the gradient, without its sign. */
  readonly gradient: number;
}

/** Pairs of steps and gradient changes that stand for the curvature. */
const history = 10;
/** Armijo's condition: the share of the linear decrease that a step must reach. */
const sufficient = 1e-4;

/** Minimises in place, from what `x` holds. */
export function minimize(objective: Objective, x: Float64Array, options: LbfgsOptions): Minimum {
  const { tolerance, maxIterations, onIteration } = options;
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly sy: number }[] = [];
  for (let iteration = 0; ; iteration += 1) {
    const largest = largestOf(gradient);
    onIteration?.(iteration, value, largest);
    if (largest <= tolerance || iteration === maxIterations)
      return { value, iterations: iteration, gradient: largest };
    const direction = descentDirection(gradient, pairs);
    const slope = dot(gradient, direction);
    const start = Float64Array.from(x);
    const next = new Float64Array(x.length);
    let step = pairs.length === 0 ? 1 / Math.max(1, Math.sqrt(-slope)) : 1;
    let found: number;
    for (let halvings = 0; ; halvings += 1) {
      for (let i = 0; i < x.length; i += 1) x[i] = (start[i] ?? 0) + step * (direction[i] ?? 0);
      found = objective(x, next);
      if (found <= value + sufficient * step * slope) break;
      // The decrease is below what the numbers resolve.
      if (halvings === 50) {
        x.set(start);
        return { value, iterations: iteration, gradient: largest };
      }
      step /= 2;
    }
    const s = x.map((now, i) => now - (start[i] ?? 0));
    const y = next.map((now, i) => now - (gradient[i] ?? 0));
    const sy = dot(s, y);
    if (sy > 1e-12 * dot(y, y)) pairs.push({ s, y, sy });
    if (pairs.length > history) pairs.shift();
    gradient = next;
    value = found;
  }
}

/** Minus the approximated inverse Hessian times the gradient: the two-loop recursion. */
function descentDirection(
  gradient: Float64Array,
  pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly sy: number }[],
): Float64Array {
  const direction = gradient.map((value) => -value);
  const shares: number[] = [];
  for (const { s, y, sy } of pairs.toReversed()) {
    const share = dot(s, direction) / sy;
    shares.push(share);
    addScaled(direction, y, -share);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = last.sy / dot(last.y, last.y);
    for (let i = 0; i < direction.length; i += 1) direction[i] = (direction[i] ?? 0) * scale;
  }
  for (const { s, y, sy } of pairs) addScaled(direction, s, (shares.pop() ?? 0) - dot(y, direction) / sy);
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function addScaled(target: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i += 1) target[i] = (target[i] ?? 0) + factor * (values[i] ?? 0);
}

function largestOf(values: Float64Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
