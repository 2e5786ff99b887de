/** The statistics that a printed figure carries: percentiles, and intervals for a rate and for a ratio. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { errorFunction, median as medianOf, probit, quantile, sum as sumOf } from 'simple-statistics';
import { seededGenerator } from './random.js';

export type Interval = readonly [low: number, high: number];

/** Throws RangeError for no values. */
export function median(values: readonly number[]): number {
  return medianOf(nonEmpty(values));
}

/** The sum with Kahan's correction; 0 for no values. */
export function sum(values: readonly number[]): number {
  return sumOf([...values]);
}

/**
 * Nearest-rank percentiles, in the order of `percents` (0 to 100): each is one of the values, the smallest with at
 * least that share of them at or below it. Throws RangeError for no values.
 */
export function percentiles(values: ArrayLike<number>, percents: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return percents.map((percent) => {
    const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
    const value = sorted[rank - 1];
    if (value === undefined) throw new RangeError('no percentile of no values, or past 100');
    return value;
  });
}

/** The middles of so many equal shares of the values, ascending; all of them where there are no more. */
export function middlesOfShares(values: readonly number[], shares: number): number[] {
  const ascending = [...values].sort((a, b) => a - b);
  if (ascending.length <= shares) return ascending;
  return Array.from(
    { length: shares },
    (_, share) => ascending[Math.floor(((share + 0.5) / shares) * ascending.length)] ?? NaN,
  );
}

/** How far positive values are apart: the largest over the smallest, less 1. Throws RangeError for no values. */
export function relativeSpread(values: readonly number[]): number {
  const all = nonEmpty(values);
  return Math.max(...all) / Math.min(...all) - 1;
}

export interface Estimate {
  readonly estimate: number;
  readonly interval: Interval;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly confidence?: number;
  readonly resamples?: number;
}

/**
 * The median of numerators[i] / denominators[i], with a percentile bootstrap interval over the pairs. Pairs are
 * resampled whole, so what both sides of a pair share (the text, the moment) cancels out.
 */
export function pairedRatio(
  numerators: readonly number[],
  denominators: readonly number[],
  { seed, confidence = 0.95, resamples = 2000 }: BootstrapOptions,
): Estimate {
  if (numerators.length !== denominators.length) {
    throw new RangeError(
      `${numerators.length} numerators do not pair with ${denominators.length} denominators`,
    );
  }
  const ratios = numerators.map((numerator, i) => numerator / (denominators[i] ?? NaN));
  const random = seededGenerator(seed);
  const draw = new Float64Array(ratios.length);
  const medians = Array.from({ length: resamples }, () => {
    for (let i = 0; i < draw.length; i++) draw[i] = ratios[uniformInt(random, 0, ratios.length - 1)] ?? NaN;
    return medianOfSorted(draw.sort());
  });
  const tail = (1 - confidence) / 2;
  return {
    estimate: median(ratios),
    interval: [quantile(nonEmpty(medians), tail), quantile(medians, 1 - tail)],
  };
}

/** Of fewer values not even the smallest and the largest hold the median between them 95 times of 100. */
export const fewestForInterval = 6;

/**
 * The median with its distribution-free 95 % interval: order statistics around it, by the normal approximation of the
 * binomial, with ranks rounded outwards, so that it covers no less. Without assumptions about the values, and cheap
 * enough for every scrape. Throws RangeError for fewer than `fewestForInterval` values.
 */
export function medianWithInterval(values: readonly number[]): Estimate {
  if (values.length < fewestForInterval)
    throw new RangeError(`no interval of the median of ${values.length} values`);
  const sorted = Float64Array.from(values).sort();
  const reach = (normalQuantile(0.975) * Math.sqrt(sorted.length)) / 2;
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.max(0, Math.floor(middle - reach))] ?? NaN;
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(middle + reach))] ?? NaN;
  return { estimate: medianOfSorted(sorted), interval: [low, high] };
}

/** The median, with its interval where there are values enough for one. Throws RangeError for no values. */
export function medianEstimate(values: readonly number[]): {
  readonly estimate: number;
  readonly interval: Interval | null;
} {
  return values.length < fewestForInterval
    ? { estimate: median(values), interval: null }
    : medianWithInterval(values);
}

/** The Wilson score interval of a rate of `successes` among `trials`; [0, 1] for no trials. */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Interval {
  if (!(successes >= 0 && successes <= trials))
    throw new RangeError(`${successes} successes of ${trials} trials`);
  if (trials === 0) return [0, 1];
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const rate = successes / trials;
  // (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
  const centre = rate + z ** 2 / (2 * trials);
  const reach = z * Math.sqrt((rate * (1 - rate)) / trials + z ** 2 / (4 * trials ** 2));
  const scale = 1 + z ** 2 / trials;
  return [Math.max(0, (centre - reach) / scale), Math.min(1, (centre + reach) / scale)];
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

function nonEmpty(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('no median of no values');
  return [...values];
}

/** Newton's steps from simple-statistics' probit, which alone is good to two decimals. */
function normalQuantile(probability: number): number {
  let z = probit(probability);
  for (let step = 0; step < 4; step++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    z -= ((1 + errorFunction(z / Math.SQRT2)) / 2 - probability) / density;
  }
  return z;
}
