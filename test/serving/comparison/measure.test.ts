import { describe, expect, it } from '@jest/globals';
import { batchesOf } from '../../../serving/comparison/batches.js';
import type { PreparedEngine } from '../../../serving/comparison/engine.js';
import { measure, type MeasureOptions } from '../../../serving/comparison/measure.js';

const batches = batchesOf([[1, 2]], 1, ['input_ids', 'sequence_lengths']);

/** A clock that engines move on: each run takes what `cost` says of the run's number. */
function scene(...costs: ((run: number) => number)[]) {
  let time = 0;
  const engines = costs.map((cost): PreparedEngine => {
    let run = 0;
    return {
      threading: '1 thread',
      run: () => {
        time += cost(run++);
        return Promise.resolve(Float32Array.of(0, 1));
      },
      close: () => Promise.resolve(),
    };
  });
  const options: MeasureOptions = { batches, rounds: 4, windows: 6, seconds: 60, seed: 1, now: () => time };
  return { engines, options };
}

describe('a measurement', () => {
  it('warms up until three passes agree', async () => {
    const { engines, options } = scene((run) => (run < 5 ? 100 - 10 * run : 10));
    const { times, stable } = await measure(engines, options);
    expect(times[0]!.warmupRuns).toBe(8);
    expect(stable).toBe(true);
    expect(times[0]!.windows).toEqual(Array.from({ length: 3 }, () => [10, 10, 10, 10]));
  });

  it('goes on until three windows in a row agree, and keeps those', async () => {
    const { engines, options } = scene(
      (run) => (run < 4 ? 10 : run < 8 ? 20 : 12),
      () => 3,
    );
    const { times, stable, runs } = await measure(engines, options);
    expect(stable).toBe(true);
    expect(runs).toBe(12);
    expect(times[0]!.windows.flat()).toEqual(Array.from({ length: 12 }, () => 12));
    expect(times[1]!.windows.flat()).toEqual(Array.from({ length: 12 }, () => 3));
  });

  it('says so when they never agree', async () => {
    const { engines, options } = scene((run) => 10 + run);
    const found = await measure(engines, options);
    expect(found.stable).toBe(false);
    expect(found.times[0]!.windows).toHaveLength(3);
  });

  it('takes fewer rounds where there is no time for all, and never fewer than three', async () => {
    const slow = scene(() => 1000);
    expect((await measure(slow.engines, { ...slow.options, rounds: 50, seconds: 15 })).runs).toBe(15);
    expect((await measure(slow.engines, { ...slow.options, rounds: 50, seconds: 1 })).runs).toBe(9);
    expect(
      (await measure(slow.engines, { ...slow.options, rounds: 50, windows: 1, seconds: null })).runs,
    ).toBe(50);
  });
});
