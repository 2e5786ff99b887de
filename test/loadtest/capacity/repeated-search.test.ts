/** How long each rate is loaded, and that what cannot last is not found. */
import { describe, expect, it } from '@jest/globals';
import { searchRepeatedly, secondsEachFor } from '../../../loadtest/capacity/repeated-search.js';
import type { Trial } from '../../../loadtest/capacity/search.js';
import { plannedRequests, type RequestPlan } from '../../../loadtest/open-loop/planned-requests.js';

const quiet = { repeats: 1, seed: 1, onTrial: () => undefined };

/** A server of one request at a time, `serviceMs` each, first come first served. */
function oneAtATime(serviceMs: number, p99BoundMs: number) {
  return async (plan: RequestPlan, rate: number): Promise<Trial> => {
    const { nextDueMs } = plannedRequests(plan, 1);
    let [freeMs, queries, slow] = [0, 0, 0];
    for (let dueMs = nextDueMs(); dueMs < Infinity; dueMs = nextDueMs()) {
      freeMs = Math.max(freeMs, dueMs) + serviceMs;
      if (dueMs < 1000 * plan.warmupSeconds) continue;
      queries += 1;
      if (freeMs - dueMs > p99BoundMs) slow += 1;
    }
    return { rate, queries, slow, p99Ms: null };
  };
}

async function foundWith(p99BoundMs: number, seconds: number): Promise<number> {
  const rates: number[] = [];
  await searchRepeatedly({
    ...quiet,
    load: oneAtATime(10, p99BoundMs),
    secondsEach: secondsEachFor(seconds, p99BoundMs),
    onSearch: ({ rate }) => rates.push(rate ?? NaN),
  });
  return rates[0] ?? NaN;
}

async function secondsAt(secondsEach: number, capacity: number): Promise<Map<number, number>> {
  const seconds = new Map<number, number>();
  await searchRepeatedly({
    ...quiet,
    load: async ({ stages }, rate) => {
      seconds.set(rate, stages[0]!.seconds);
      return { rate, queries: 1000, slow: rate > capacity ? 1000 : 0, p99Ms: null };
    },
    secondsEach,
    onSearch: () => undefined,
  });
  return seconds;
}

describe('a repeated search', () => {
  it('finds no rate that the server cannot sustain, however long its bound', async () => {
    for (const [boundMs, seconds] of [
      [50, 2],
      [1000, 2],
      [3000, 10],
      [3000, 2],
    ] as const)
      expect(await foundWith(boundMs, seconds)).toBeLessThanOrEqual(105);
  });

  it('loads as long as it is told, however long that is', async () => {
    const seconds = await secondsAt(300, 50);
    expect(new Set(seconds.values())).toEqual(new Set([300]));
  });

  it('loads a low rate for longer, so that its queries are enough for a claim, up to two minutes', async () => {
    const seconds = await secondsAt(10, 1);
    expect(seconds.get(20)).toBeCloseTo((1.2 * 459) / 20, 6);
    expect(Math.max(...seconds.values())).toBe(120);
  });
});
