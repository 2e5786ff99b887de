/** Whether two sessions give the same outputs. */
import type { Session } from '../../../core/engines/session.js';
import { RetortError } from '../../../core/errors.js';
import { type Tensor, toNumbers } from '../../../core/tensor.js';
import type { Case } from './cases.js';

export interface Divergence {
  readonly case: string;
  readonly output: string;
  /** Indices of the first value that differs by more than is allowed. */
  readonly place: readonly number[];
  readonly expected: number;
  readonly found: number;
  readonly difference: number;
  /** What is allowed of this output, relative as of `Compared`. */
  readonly tolerance: number;
}

export interface Compared {
  /** Largest |difference|, divided by the largest |value| of the output where that is above 1. */
  readonly difference: number;
  /** The most that is allowed of an output. */
  readonly tolerance: number;
  readonly divergence: Divergence | null;
}

/** Two steps between half-precision numbers above 1: sums in another order are rounded so far apart. */
const halfTolerance = 2e-3;

/** @param expected outputs of the original, by name */
export async function compareOn(
  one: Case,
  expected: Readonly<Record<string, Tensor>>,
  optimised: Session,
  tolerance: number,
): Promise<Compared> {
  const found = await optimised.run(one.feeds).catch((error: unknown) => {
    if (error instanceof RetortError) return error;
    throw error;
  });
  if (found instanceof RetortError)
    return { difference: Infinity, tolerance, divergence: failed(one, expected, found, tolerance) };
  let [difference, most] = [0, 0];
  for (const [output, wanted] of Object.entries(expected)) {
    const [a, b] = [toNumbers(wanted), numbersOf(wanted, found[output])];
    const scale = Math.max(1, ...extremes(a));
    const own = toleranceOf(wanted, tolerance);
    most = Math.max(most, own);
    for (const [at, value] of a.entries()) {
      const other = b[at] ?? Number.NaN;
      const apart = distance(value, other);
      if (!(apart <= own * scale)) {
        const place = indicesOf(at, wanted.shape);
        const divergence = {
          case: one.name,
          output,
          place,
          expected: value,
          found: other,
          difference: apart,
          tolerance: own,
        };
        return { difference: apart, tolerance: own, divergence };
      }
      difference = Math.max(difference, apart / scale);
    }
  }
  return { difference, tolerance: most, divergence: null };
}

/** Integers and truths are equal. */
function toleranceOf({ dtype }: Tensor, tolerance: number): number {
  if (dtype === 'float16') return Math.max(tolerance, halfTolerance);
  return dtype.startsWith('float') ? tolerance : 0;
}

function failed(
  { name }: Case,
  expected: Readonly<Record<string, Tensor>>,
  error: RetortError,
  tolerance: number,
): Divergence {
  const [output = ''] = Object.keys(expected);
  const value = Number.NaN;
  return {
    case: `${name} (${error.message})`,
    output,
    place: [],
    expected: value,
    found: value,
    difference: Infinity,
    tolerance,
  };
}

/** Nothing where the shape is another one. */
function numbersOf({ shape }: Tensor, found: Tensor | undefined): number[] {
  return found !== undefined && String(found.shape) === String(shape) ? toNumbers(found) : [];
}

/** Equal values are 0 apart though they be infinite or no number. */
function distance(a: number, b: number): number {
  return Object.is(a, b) || a === b ? 0 : Math.abs(a - b);
}

/** The largest absolute finite value. */
function extremes(values: readonly number[]): number[] {
  return [
    values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0),
  ];
}

function indicesOf(at: number, shape: readonly number[]): number[] {
  let rest = at;
  return shape
    .toReversed()
    .map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index;
    })
    .toReversed();
}
