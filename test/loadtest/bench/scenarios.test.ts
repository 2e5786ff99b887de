/** Scenarios of the serving benchmark over a server and a generator that obey a rule. */
import { expect, test } from '@jest/globals';
import { LatencyHistogram } from '../../../loadtest/latency-histogram.js';
import type { RunResult } from '../../../loadtest/measurement.js';
import type { Outcomes } from '../../../loadtest/outcome.js';
import type { GeneratorHandle } from '../../../loadtest/open-loop/generator-handle.js';
import { latency } from '../../../loadtest/bench/scenarios/latency.js';
import { findPeak } from '../../../loadtest/bench/scenarios/peak.js';
import { overload } from '../../../loadtest/bench/scenarios/overload.js';
import { changeUnderLoad } from '../../../loadtest/bench/scenarios/change-under-load.js';
import { failed, type Stage } from '../../../loadtest/bench/scenarios/scenario.js';

const capacity = 700;

/** Answers as many as it can and refuses the rest; loses a share of its goodput when more is offered. */
function stage(lost = 0, changes: Partial<Stage> = {}): { stage: Stage; rates: number[] } {
  const rates: number[] = [];
  const generator: GeneratorHandle = {
    async run({ stages }, { signal } = {}) {
      const rate = stages[0]!.from;
      rates.push(rate);
      if (signal !== undefined) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      const isOver = rate > 1.2 * capacity;
      const ok = Math.min(rate, capacity) * (isOver ? 1 - lost : 1);
      return {
        measured: measured(ok, { ok, ...(isOver ? { '429': rate - ok, '504': 2 } : {}) }),
        ended: 'complete',
      };
    },
    close: () => undefined,
  };
  const served = {
    target: new URL('http://127.0.0.1:1/v1/predict'),
    pid: 0,
    readySeconds: 1,
    residentBytes: async () => 100 * 2 ** 20,
    processorSeconds: async () => 7,
    workerProcessorSeconds: async () => 9,
    stop: async () => undefined,
  };
  const settings = { model: 'tiny', seconds: 1, rounds: 3, seed: 1, onProgress: () => undefined };
  return { stage: { served, generator, ...settings, ...changes }, rates };
}

function measured(requestsPerSecond: number, outcomes: Outcomes): RunResult['measured'] {
  const latency = new LatencyHistogram();
  latency.record(7);
  return {
    durationSeconds: 1,
    requestsPerSecond,
    outcomes,
    latencyMs: latency.summary(),
    latencyFromSendingMs: latency.summary(),
    refusedLatencyMs: outcomes['429'] === undefined ? null : latency.summary(),
    lagMs: latency.summary(),
    connectionsOpened: 1,
    generatorCores: 0.1,
    windows: [],
  };
}

test('the peak is where more requests bring no more answers', async () => {
  const { stage: setting, rates } = stage();
  expect(await findPeak(setting)).toMatchObject({ goodput: capacity });
  expect(rates.slice(0, 4)).toEqual([100, 200, 400, 800]);
});

test('latency is that of shares of what each round is capable of, with what the rounds spread over', async () => {
  const { stage: setting, rates } = stage();
  const { result, lines } = await latency.run(setting);
  const [offered, ...loads] = rates.slice(-4);
  expect(offered).toBeGreaterThanOrEqual(capacity);
  expect(loads).toEqual([0.5, 0.7, 0.85].map((share) => share * capacity));
  expect(result).toMatchObject({ rounds: [{ capacity }, { capacity }, { capacity }] });
  expect(lines.join('\n')).toMatch(
    /70 % of that +490 requests\/s, 490 answered, 0 failed\n +p50 +7.0 ms \(rounds: 7.0, 7.0, 7.0\)\n +p99 +7.0 ms \(/,
  );
  expect(lines.join('\n')).toMatch(
    /generator's lag 7.0 ms, event-loop delay unknown\n +cores +workers 0.00, main process 0.00, generator 0.10/,
  );
});

test("latency has the interval of the rounds' median where there are rounds enough for one", async () => {
  const { result, lines } = await latency.run({ ...stage().stage, rounds: 6 });
  expect(lines.join('\n')).toMatch(/ p50 +7.0 ms \[7.0, 7.0\] \(rounds: /);
  const interval = [expect.closeTo(7, 1), expect.closeTo(7, 1)];
  expect(result).toMatchObject({ loads: Array.from({ length: 3 }, () => ({ p99Ms: { interval } })) });
});

test('overload says what is left of the goodput, and times refusals', async () => {
  const { result, lines } = await overload.run(stage(0.25).stage);
  expect(result).toMatchObject({ kept: { estimate: 0.75 }, refusedP99Ms: expect.closeTo(7, 1) });
  expect(lines.join('\n')).toContain('75.0 %');
  expect(lines.join('\n')).toContain('504 × 2');
  expect(lines.join('\n')).toMatch(
    /main thread +0.00 cores .*\ngenerator +0.10 cores at the peak's rate, 0.10/,
  );
});

test('changes are made one after another under half the peak, and the load ends with them', async () => {
  const { stage: setting, rates } = stage();
  const made: number[] = [];
  const { rate, seconds, load } = await changeUnderLoad(
    setting,
    3,
    async (index) => {
      made.push(index);
    },
    0,
  );
  expect(made).toEqual([0, 1, 2]);
  expect(rate).toBe(capacity / 2);
  expect(rates.at(-1)).toBe(capacity / 2);
  expect(seconds.length).toBe(3);
  expect(load.outcomes).toEqual({ ok: capacity / 2 });
});

test('what was stopped with the run has not failed', () => {
  expect(failed({ ok: 5, unfinished: 3 })).toEqual({ count: 0, by: {} });
  expect(failed({ ok: 5, '503': 2, connection: 1 }).count).toBe(3);
});
