/** Threads on simulated cores: nobody gets more than a core, and none idles beyond a tick while work waits. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SimulatedCores, type Weight } from '../../../loadtest/plan/cores.js';

const ends = (cores: SimulatedCores, threads: readonly (readonly [Weight, number])[]) => {
  const at: number[] = [];
  threads.forEach(([weight, work], place) => {
    cores.run(cores.thread(weight), work, () => {
      at[place] = cores.nowMs;
    });
  });
  while (cores.advance(Infinity));
  return at;
};

describe('threads that share cores', () => {
  test('of one weight take turns, a tick each', () => {
    const two = [10, 10].map((work) => ['normal', work] as const);
    expect(ends(new SimulatedCores(1), two)).toEqual([18, 20]);
  });

  test('of a lower weight get what is left', () => {
    // Each a tick at first; the one behind has then had as much as three of the other's, which needs but six milliseconds more.
    const two = [
      ['normal', 10],
      ['yielding', 10],
    ] as const;
    expect(ends(new SimulatedCores(1), two)).toEqual([14, 20]);
  });

  test('share a core by weight in the long run', () => {
    const work = 10_000;
    const [first = NaN, other = NaN] = ends(new SimulatedCores(1), [
      ['normal', work],
      ['yielding', work],
    ]);
    // Linux's weights of niceness 0 and of the workers' 5, to the table's rounding.
    expect(first / work).toBeCloseTo((1024 + 335) / 1024, 2);
    expect(other).toBeCloseTo(2 * work, 6);
  });

  test('wait where they ran, also while another core is idle, until the next tick', () => {
    const three = [10, 1, 2].map((work) => ['normal', work] as const);
    expect(ends(new SimulatedCores(2), three)).toEqual([10, 1, 6]);
  });

  test('do not pay for what they had elsewhere, or before they slept', () => {
    const cores = new SimulatedCores(1);
    const [old, young] = [cores.thread(), cores.thread()];
    cores.run(old, 1000, () => undefined);
    while (cores.advance(Infinity));
    const at: number[] = [];
    for (const thread of [young, old])
      cores.run(thread, 100, () => {
        at.push(cores.nowMs - 1000);
      });
    while (cores.advance(Infinity));
    expect(at).toEqual([196, 200]);
  });

  test('are as slow as busy cores are', () => {
    const halved = new SimulatedCores(2, (busy) => 1 / busy);
    expect(
      ends(halved, [
        ['normal', 4],
        ['normal', 4],
      ]),
    ).toEqual([8, 8]);
  });

  test('take longer while the pace is slow, which comes again, where it is theirs', () => {
    const pace = { everyMs: 10, factors: [1, 4] };
    const only = (weight: Weight, work: number) =>
      ends(new SimulatedCores(1, () => 1, pace), [[weight, work]])[0];
    // Ten in the first window, a quarter of ten in the second, and again ten.
    expect([10, 12, 12.5, 20].map((work) => only('yielding', work))).toEqual([10, 18, 20, 27.5]);
    expect(only('normal', 20)).toBe(20);
  });

  test('do all the work that there is, and never more than the cores can', () => {
    const work = fc.record({
      weight: fc.constantFrom<Weight>('normal', 'yielding'),
      ms: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(
        fc.array(work, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 8 }),
        (jobs, count) => {
          const cores = new SimulatedCores(count);
          const last = Math.max(
            ...ends(
              cores,
              jobs.map(({ weight, ms }) => [weight, ms] as const),
            ),
          );
          const total = jobs.reduce((sum, { ms }) => sum + ms, 0);
          const longest = Math.max(...jobs.map(({ ms }) => ms));
          expect(last).toBeGreaterThanOrEqual(Math.max(total / count, longest) - 1e-6);
          expect(last).toBeLessThanOrEqual(total + 1e-6);
          expect(cores.meanBusy * last).toBeCloseTo(total, 5);
        },
      ),
    );
  });
});
