import { describe, expect, it } from '@jest/globals';
import { measureUntilStable } from '../../../serving/comparison/settle.js';

/** Measurements of `milliseconds` each, stable or not as `outcomes` says; the last goes on for ever. */
function scene(outcomes: readonly boolean[], milliseconds: number) {
  let time = 0;
  const begun: number[] = [];
  const measureOnce = (before: number) => {
    begun.push(before);
    time += milliseconds;
    const times = [{ logits: [], warmupRuns: 1, windows: [[before]] }];
    return Promise.resolve({ times, stable: outcomes[before] ?? false, runs: 9 });
  };
  return { begun, measureOnce, limits: { most: 3, milliseconds: 100, now: () => time } };
}

describe('a measurement that may not settle', () => {
  it('is done once where it does', async () => {
    const { measureOnce, limits } = scene([true], 10);
    expect(await measureUntilStable(measureOnce, limits)).toMatchObject({ stable: true, measurements: 1 });
  });

  it('is done anew where it does not, and the last one is kept whole', async () => {
    const { begun, measureOnce, limits } = scene([false, true], 10);
    const found = await measureUntilStable(measureOnce, limits);
    expect(found).toMatchObject({ stable: true, measurements: 2, times: [{ windows: [[1]] }] });
    expect(begun).toEqual([0, 1]);
  });

  it('ends unstable after as many as are allowed', async () => {
    const { measureOnce, limits } = scene([], 10);
    const found = await measureUntilStable(measureOnce, limits);
    expect(found).toMatchObject({ stable: false, measurements: 3, times: [{ windows: [[2]] }] });
  });

  it('does not begin anew when its time is up', async () => {
    const { measureOnce, limits } = scene([], 60);
    expect(await measureUntilStable(measureOnce, limits)).toMatchObject({ stable: false, measurements: 2 });
  });
});
