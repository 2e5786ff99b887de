/** Costs and loads in turn: what is asked of the server, and that a server like its costs is predicted. */
import { expect, test } from '@jest/globals';
import { LatencyHistogram } from '../../../loadtest/latency-histogram.js';
import { type Checked, compared } from '../../../loadtest/plan/check.js';
import { comparedRounds, mediansOf } from '../../../loadtest/plan/rounds.js';
import { simulate } from '../../../loadtest/plan/simulate.js';
import type { LoadReport } from '../../../loadtest/report.js';
import { openLoopReport, simpleCosts } from './costs-fixture.js';

const replica = { cores: 2, workers: 1 };
const costs = simpleCosts();

/** What a server of these costs would report, runs being slower by a factor. */
function serverOf(slower: number, seen: string[]) {
  const worker = { ...costs.worker, runs: costs.worker.runs.map((run) => ({ ...run, ms: run.ms * slower })) };
  return (plan: Parameters<typeof simulate>[0]['load'], rate: number): Promise<LoadReport> => {
    seen.push(`load ${rate.toFixed(0)}`);
    const { fromDueMs, p50Ms, p99Ms, meanMs, inferMs } = simulate({
      costs: { ...costs, worker },
      replica,
      load: plan,
    });
    const histogram = new LatencyHistogram();
    for (const ms of fromDueMs) histogram.record(ms);
    const report = openLoopReport();
    const latency = { ...report.measured.latencyMs, p50: p50Ms, p99: p99Ms, mean: meanMs };
    const count = fromDueMs.length;
    return Promise.resolve({
      ...report,
      ...plan,
      measured: {
        ...report.measured,
        outcomes: { ok: count },
        latencyMs: latency as never,
        latencyFromSendingMs: latency as never,
        windows: [
          {
            second: 0,
            outcomes: { ok: count },
            answered: count,
            latencyMs: null,
            histogram: histogram.encode(),
          },
        ],
      },
      serverSeen: { stages: [{ stage: 'infer', count, sumMs: count * inferMs, buckets: [] }], during: [] },
    });
  };
}

test('a server that is half as slow again as its costs is predicted at the pace of its loads', async () => {
  const seen: string[] = [];
  const checks = await comparedRounds({
    rates: [20],
    rounds: 2,
    p99BoundMs: 60,
    seconds: 20,
    warmupSecondsAt: () => 1,
    seed: 1,
    costs: () => {
      seen.push('costs');
      return Promise.resolve({ costs, replica });
    },
    load: serverOf(1.5, seen),
  });
  // Each round begins with both; its search starts at another rate.
  expect(seen.join(' ').match(/costs load 20 load (?!20)/g)).toHaveLength(2);
  expect(seen.at(-1)).toBe('costs');
  const figures = checks.map(({ what }) => what);
  expect(figures.filter((what) => what.startsWith('capacity'))).toHaveLength(2);
  for (const { allowed, error } of checks) {
    if (allowed !== null) expect(Math.abs(error)).toBeLessThan(0.06);
  }
  // The costs alone promise more than this server holds.
  const alone = checks.find(({ what }) => what.startsWith('capacity') && what.endsWith('costs alone'));
  expect(alone?.error).toBeGreaterThan(0.2);
});

test('figures of rounds are medians of each side', () => {
  const round = (predicted: number, measured: number): Checked[] => [
    compared('one', 'p99', 'ms', predicted, measured, 0.25),
  ];
  const [only] = mediansOf([round(10, 9), round(20, 30), round(12, 8)]);
  expect(only).toMatchObject({ what: 'p99', predicted: 12, measured: 9, allowed: 0.25 });
});
