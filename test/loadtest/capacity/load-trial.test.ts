/** What of a load counts for a rate, and what ends the search. */
import { describe, expect, it } from '@jest/globals';
import { loadTrial, SearchInterrupted } from '../../../loadtest/capacity/load-trial.js';
import type { RunEnd, RunResult } from '../../../loadtest/measurement.js';
import { Recorder } from '../../../loadtest/recorder.js';

const terms = { rate: 100, p99BoundMs: 50, maxLagMs: 10 };

/** 100 requests that were sent `lagMs` late and answered `latencyMs` after that; the first ten were refused. */
function result(latencyMs: number, lagMs = 0, ended: RunEnd = 'complete'): RunResult {
  const recorder = new Recorder(0, 1000);
  for (let i = 0; i < 100; i++) {
    const [dueMs, sentMs] = [10 * i, 10 * i + lagMs];
    recorder.lag(dueMs, lagMs);
    recorder.ended(i < 10 ? '429' : 'ok', dueMs, sentMs, sentMs + latencyMs);
  }
  return { measured: { ...recorder.result(1000), connectionsOpened: 1, generatorCores: 0 }, ended };
}

/** Gives one result after the other, the last for ever, and counts the loads. */
function runs(...results: RunResult[]) {
  let loads = 0;
  const run = async () => results[Math.min(loads++, results.length - 1)]!;
  return { run, loads: () => loads };
}

describe('a load of a search', () => {
  it('counts what was slow or did not succeed', async () => {
    const kept = await loadTrial(runs(result(20)).run, terms);
    expect(kept).toMatchObject({ rate: 100, queries: 100, slow: 10 });
    expect(await loadTrial(runs(result(60)).run, terms)).toMatchObject({ queries: 100, slow: 100 });
  });

  it('is repeated while the generator is late, three times at most', async () => {
    const once = runs(result(20, 30), result(20));
    expect(await loadTrial(once.run, terms)).toMatchObject({ slow: 10 });
    expect(once.loads()).toBe(2);
    const always = runs(result(20, 30));
    await expect(loadTrial(always.run, terms)).rejects.toMatchObject({ code: 'loadtest_generator_late' });
    expect(always.loads()).toBe(3);
  });

  it('counts where the server was too slow without the lag', async () => {
    const slow = runs(result(60, 30));
    expect(await loadTrial(slow.run, terms)).toMatchObject({ slow: 100 });
    expect(slow.loads()).toBe(1);
  });

  it('ends the search when the server is gone, or when it is interrupted', async () => {
    const gone = loadTrial(runs(result(20, 0, 'server-gone')).run, terms);
    await expect(gone).rejects.toMatchObject({ code: 'loadtest_server_gone' });
    const interrupted = loadTrial(runs(result(20, 0, 'interrupted')).run, terms);
    await expect(interrupted).rejects.toBeInstanceOf(SearchInterrupted);
  });
});
