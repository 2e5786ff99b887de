import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  middlesOfShares,
  fewestForInterval,
  median,
  medianWithInterval,
  pairedRatio,
  percentiles,
  sum,
  wilsonInterval,
} from '../../core/statistics.js';

describe('median and percentiles', () => {
  it('agree with values worked by hand', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(percentiles(hundred, [50, 95, 99, 100])).toEqual([50, 95, 99, 100]);
    expect(percentiles([7], [0, 50, 99])).toEqual([7, 7, 7]);
  });

  it('refuse no values', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => percentiles([], [50])).toThrow(RangeError);
    expect(sum([])).toBe(0);
  });

  it('leave their input as it was', () => {
    const values = [3, 1, 2];
    median(values);
    percentiles(values, [50]);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("the median's interval", () => {
  /** How often so many of `n` values lie below the median, by the binomial. */
  const probability = (below: number, n: number) => {
    let ways = 1;
    for (let i = 0; i < below; i++) ways *= (n - i) / (i + 1);
    return ways / 2 ** n;
  };

  it('covers it 95 times of 100 at least, whatever the values', () => {
    for (let n = fewestForInterval; n <= 60; n++) {
      const ranks = Array.from({ length: n }, (_, rank) => rank);
      const { estimate, interval } = medianWithInterval(ranks.toReversed());
      expect(estimate).toBe((n - 1) / 2);
      // The median is within unless all values from one of the bounds outwards are on its other side.
      const covered = ranks
        .filter((rank) => rank > interval[0] && rank <= interval[1])
        .reduce((total, below) => total + probability(below, n), 0);
      expect({ n, enough: covered >= 0.95 }).toEqual({ n, enough: true });
    }
  });

  it('is refused where the whole range covers it less often', () => {
    expect(1 - 2 * probability(0, fewestForInterval - 1)).toBeLessThan(0.95);
    expect(() => medianWithInterval([1, 2, 3, 4, 5])).toThrow(RangeError);
    expect(medianWithInterval([6, 1, 2, 3, 4, 5]).interval).toEqual([1, 6]);
  });
});

describe('the Wilson score interval', () => {
  // From inverting the score test: the q with |p - q| = 1.959964 sqrt(q (1 - q) / n), found by bisection.
  it.each([
    [5, 10, 0.2365931, 0.7634069],
    [0, 10, 0, 0.2775328],
    [10, 10, 0.7224672, 1],
    [1080, 1200, 0.8817289, 0.9157183],
  ])('%i of %i', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval[0]).toBeCloseTo(low, 6);
    expect(interval[1]).toBeCloseTo(high, 6);
  });

  it('says nothing of no trials, and refuses more successes than trials', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    expect(() => wilsonInterval(3, 2)).toThrow(RangeError);
  });

  it('holds the rate and stays within 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (trials, share) => {
          const successes = Math.round(trials * share);
          const [low, high] = wilsonInterval(successes, trials);
          return (
            low >= 0 && high <= 1 && low <= successes / trials + 1e-12 && high >= successes / trials - 1e-12
          );
        },
      ),
    );
  });
});

describe('the paired ratio', () => {
  it('is exact where every pair has the same ratio', () => {
    const denominators = [1, 5, 2, 8];
    const result = pairedRatio(
      denominators.map((d) => 3 * d),
      denominators,
      { seed: 1 },
    );
    expect(result).toEqual({ estimate: 3, interval: [3, 3] });
  });

  it('repeats with its seed, and holds the estimate within its interval', () => {
    const denominators = Array.from({ length: 40 }, (_, i) => 1 + (i % 7));
    const numerators = denominators.map((d, i) => d * (2 + Math.sin(i)));
    const once = pairedRatio(numerators, denominators, { seed: 7 });
    expect(pairedRatio(numerators, denominators, { seed: 7 })).toEqual(once);
    expect(once.interval[0]).toBeLessThanOrEqual(once.estimate);
    expect(once.interval[1]).toBeGreaterThanOrEqual(once.estimate);
    expect(once.interval[0]).toBeLessThan(once.interval[1]);
  });

  it('covers the true ratio about as often as it says', () => {
    let covered = 0;
    const rounds = 200;
    for (let round = 0; round < rounds; round++) {
      // A fixed congruential stream, so that the test always sees the same data.
      let state = round + 1;
      const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
      const denominators = Array.from({ length: 30 }, () => 1 + random());
      const numerators = denominators.map((d) => d * (1.5 + random() + random()));
      const { interval } = pairedRatio(numerators, denominators, { seed: round, resamples: 400 });
      if (interval[0] <= 2.5 && 2.5 <= interval[1]) covered++;
    }
    expect(covered / rounds).toBeGreaterThan(0.9);
  });

  it('refuses sides that do not pair', () => {
    expect(() => pairedRatio([1, 2], [1], { seed: 1 })).toThrow(RangeError);
    expect(() => pairedRatio([], [], { seed: 1 })).toThrow(RangeError);
  });
});

describe('the middles of equal shares', () => {
  it('are values of the middle of each share, ascending', () => {
    expect(middlesOfShares([6, 1, 5, 2, 4, 3], 3)).toEqual([2, 4, 6]);
  });

  it('are all values where there are no more than shares', () => {
    expect(middlesOfShares([3, 1, 2], 3)).toEqual([1, 2, 3]);
    expect(middlesOfShares([], 3)).toEqual([]);
  });
});
