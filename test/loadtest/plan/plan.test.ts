/** From costs to replicas; what was measured beside what was predicted; what is read off a server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { check } from '../../../loadtest/plan/check.js';
import { apart, RunsMeasurement } from '../../../loadtest/plan/measure-runs.js';
import { serverCosts } from '../../../loadtest/plan/measure-server.js';
import { plan } from '../../../loadtest/plan/plan.js';
import { planPage } from '../../../loadtest/plan/plan-page.js';
import { renderPlan } from '../../../loadtest/plan/render-plan.js';
import { parseCounters } from '../../../loadtest/plan/server-counters.js';
import { runTime, serviceTime, wakeTime } from '../../../loadtest/plan/service-time.js';
import { simulatedCapacity } from '../../../loadtest/plan/simulated-capacity.js';
import { capacityReport, openLoopReport, simpleCosts } from './costs-fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-plan-'));
});
afterAll(() => rm(folder, { recursive: true }));

const options = { costs: simpleCosts(), p99BoundMs: 50, seed: 1, requests: 1500 };

describe('a plan', () => {
  const replicas = [1, 2].map((cores) => ({ cores, workers: cores }));

  test('has replicas enough, the spare ones counted, and its memory is the server and its workers', () => {
    const found = plan({ ...options, rate: 1000, replicas, spare: 1 });
    for (const { replica, replicas: count, cores, memoryBytes } of found.options) {
      expect((count - 1) * replica.capacity).toBeGreaterThanOrEqual(1000);
      expect((count - 2) * replica.capacity).toBeLessThan(1000);
      expect(cores).toBe(count * replica.cores);
      expect(memoryBytes).toBe(count * (2 ** 27 + replica.workers * 2 ** 26));
      expect(replica.p99Ms).toBeLessThanOrEqual(50);
    }
    expect(found.options.map(({ cores }) => cores)).toEqual(
      found.options.map(({ cores }) => cores).sort((a, b) => a - b),
    );
  });

  test('has a curve that never falls and ends at 100,000 texts/s', () => {
    const { curve } = plan({ ...options, rate: 1000, replicas, spare: 0 });
    expect(Math.max(...curve.map(({ rate }) => rate))).toBe(100_000);
    const ones = curve.filter(({ size }) => size === 1).map(({ cores }) => cores);
    expect(ones).toEqual([...ones].sort((a, b) => a - b));
  });

  test('whose bound is below the service time is refused', () => {
    expect(() => plan({ ...options, p99BoundMs: 5, rate: 1, replicas, spare: 0 })).toThrow(
      expect.objectContaining({ code: 'plan_impossible' }),
    );
  });

  test('reads as text and as a page without a script', () => {
    const found = plan({ ...options, rate: 1000, replicas, spare: 0 });
    expect(renderPlan(found, options.costs)).toMatch(
      /1000 texts\/s within a p99 of 50 ms: \d+ replicas of \d core/,
    );
    const page = planPage(found, options.costs);
    expect(page).toContain('<svg');
    expect(page).not.toContain('<script');
  });
});

test('a rate of more than 1 a service time is never within a bound', () => {
  const { rate, at } = simulatedCapacity({ ...options, replica: { cores: 1, workers: 1 } });
  expect(rate).toBeGreaterThan(40);
  expect(rate).toBeLessThan(100);
  expect(at.p99Ms).toBeLessThanOrEqual(50);
});

describe('the time of a batch', () => {
  const runs = [1, 4].flatMap((rows) => [10, 20].map((length) => ({ rows, length, ms: rows * length })));

  test('is linear between the cells and beyond them', () => {
    const run = runTime(runs);
    expect([run(1, 10), run(4, 20), run(1, 15), run(2, 10), run(1, 30)]).toEqual([10, 80, 15, 20, 30]);
  });

  test('is that of groups of like lengths, or of rows where a row depends on its batch-mates', () => {
    const worker = { runs, spread: [1], tokenizeMsPerCharacter: 0.5, batchMs: 3, wake: [] };
    const batch = [10, 10, 20].map((ids) => ({ characters: 2, ids }));
    const { batching } = simpleCosts();
    const draw = () => 0;
    expect(serviceTime({ worker, batching })(batch, draw)).toEqual({ runMs: 20 + 20, besideMs: 3 + 3 });
    const oneByOne = { ...batching, rowByRow: true };
    expect(serviceTime({ worker, batching: oneByOne })(batch, draw).runMs).toBe(10 + 10 + 20);
  });
});

test('what a run takes longer after a sleep is linear between those that were measured, and bounded', () => {
  const wake = wakeTime([
    { sleptMs: 2, ms: 1 },
    { sleptMs: 10, ms: 3 },
  ]);
  expect([0, 1, 2, 6, 10, 1000].map(wake)).toEqual([0, 0.5, 1, 2, 3, 3]);
  expect(wakeTime([])(5)).toBe(0);
});

describe('what is measured', () => {
  test('a grid has a time for every cell, and a spread around 1', async () => {
    const seen: string[] = [];
    const run = async (rows: number, length: number) => void seen.push(`${rows} ${length}`);
    const measurement = new RunsMeasurement({ run, rows: [1, 2], lengths: [8, 10], seed: 1 });
    await measurement.turn(0, 0);
    await measurement.turn(0, 0);
    const found = measurement.result();
    expect(found.wake.every(({ ms }) => ms >= 0)).toBe(true);
    expect(found.runs.map(({ rows, length }) => `${rows} ${length}`)).toEqual(['1 8', '1 10', '2 8', '2 10']);
    expect(found.spread).toEqual([...found.spread].sort((a, b) => a - b));
    expect(new Set(seen).size).toBe(4);
    const { factors } = found.pace;
    expect(factors.reduce((sum, factor) => sum + factor, 0) / factors.length).toBeCloseTo(1, 9);
  });

  test('a cell that was run in slow spells alone is no dearer for it', () => {
    const usual = [1, 2, 4];
    // Every third window is slow, and the last cell has most of its runs there.
    const timed = Array.from({ length: 60 }, (_, window) =>
      [0, 1, 2].flatMap((cell) => {
        const slow = window % 3 === 0;
        const run = { cell, window, ms: (usual[cell] ?? 0) * (slow ? 2 : 1) };
        return cell < 2 || slow || window % 12 === 1 ? [run] : [];
      }),
    ).flat();
    const { usualMs, factors, spread } = apart(timed, 3);
    const [one = NaN, two = NaN, four = NaN] = usualMs;
    expect(two / one).toBeCloseTo(2, 2);
    expect(four / one).toBeCloseTo(4, 2);
    // One unit is 1 ms in two of three windows, and 2 ms in the third.
    expect(one).toBeCloseTo(4 / 3, 2);
    expect(factors.slice(0, 3).map((factor) => factor * one)).toEqual(
      [2, 1, 1].map((ms) => expect.closeTo(ms, 2)),
    );
    expect(spread.every((left) => Math.abs(left - 1) < 0.01)).toBe(true);
  });

  test('two loops tell what a request and what a batch costs, in most turns', () => {
    const counters = (requests: number, batches: number, mainSeconds: number, workerSeconds: number) =>
      new Map([
        ['retort_requests_total', requests],
        ['retort_batches_total', batches],
        ['process_cpu_seconds_total', mainSeconds],
        ['retort_worker_cpu_seconds', workerSeconds],
      ]);
    // A request costs 0.2 ms, a batch 0.4 ms, beside a busy core at 0.8 of the speed; waking from sleep costs 0.5 ms.
    const stages = [
      { stage: 'queue', count: 9, sumMs: 9, buckets: [] },
      { stage: 'batch_wait', count: 1000, sumMs: 300, buckets: [] },
      { stage: 'tokenize', count: 1000, sumMs: 100, buckets: [] },
      { stage: 'infer', count: 1000, sumMs: 1700, buckets: [] },
    ];
    const seen = { ...openLoopReport(), serverSeen: { stages, during: [] } };
    const single = { report: seen, before: counters(0, 0, 1, 2), after: counters(1000, 1000, 2.1, 4) };
    const loop = (requests: number, batches: number) => {
      const seconds = (requests * 0.0002 + batches * 0.0004) / 0.8;
      return {
        report: openLoopReport(),
        before: counters(0, 0, 0, 0),
        after: counters(requests, batches, seconds, 5),
      };
    };
    const turn = { single, paced: loop(1000, 800), many: loop(4000, 1000) };
    // The machine was slow during one loop of one turn.
    const slow = { ...turn, paced: { ...turn.paced, after: counters(1000, 800, 9, 5) } };
    const found = serverCosts([turn, slow, turn], 0.8);
    expect(found.requestMs).toBeCloseTo(0.2, 9);
    expect(found.batchMs).toBeCloseTo(0.4, 9);
    // However fast the machine was then.
    expect(found.workerBatchMs).toBeCloseTo(0.2, 9);
    expect(found.handoverMs).toBeCloseTo(0.1, 9);
    // 10 ms, less a request, a batch and the worker's 2 ms.
    expect(found.wireMs).toBeCloseTo(10 - 0.2 - 0.4 - 2, 9);
  });

  test('counters are added up over their labels', () => {
    const text = '# HELP a b\na{model="x"} 1\na{model="y"} 2.5\nb 1e3\nc_bucket{le="1"} 4\n';
    expect([...parseCounters(text)]).toEqual([
      ['a', 3.5],
      ['b', 1000],
    ]);
  });
});

describe('a check', () => {
  const replica = { cores: 1, workers: 1 };
  const against = async (report: unknown) => {
    const file = path.join(folder, 'report.json');
    await writeFile(file, JSON.stringify(report));
    return check(file, { costs: simpleCosts(), replica });
  };

  test('of a run says how far the p99 is off', async () => {
    const [p50, p99] = await against(openLoopReport());
    expect(p50).toMatchObject({ measured: 10, allowed: null });
    expect(p99).toMatchObject({ what: 'p99 at 50 req/s', unit: 'ms', measured: 20, allowed: 0.25 });
    expect(p99?.error).toBeCloseTo((p99?.predicted ?? NaN) / 20 - 1, 9);
  });

  test('is of the load that was sent: at constant distances, nothing waits', async () => {
    const [, poisson] = await against(openLoopReport());
    const [p50, constant] = await against({ ...openLoopReport(), arrivals: 'constant' });
    expect(poisson?.predicted).toBeGreaterThan(20);
    expect([p50?.predicted, constant?.predicted]).toEqual([10, 10].map((ms) => expect.closeTo(ms, 6)));
    const stages = [{ seconds: 5, from: 10, to: 40 }];
    const [, rising] = await against({ ...openLoopReport(), stages });
    expect(rising?.what).toBe('p99 at 10 to 40 req/s');
  });

  test('is at the pace of the test, which the runs in it tell, and says what the costs alone expect of them', async () => {
    // The runs of the test took half as long again as those that were measured.
    const stages = [{ stage: 'infer', count: 500, sumMs: 500 * 15, buckets: [] }];
    const [run, p50] = await against({
      ...openLoopReport(),
      arrivals: 'constant',
      serverSeen: { stages, during: [] },
    });
    expect(run).toMatchObject({ predicted: expect.closeTo(10, 6), measured: 15, allowed: null });
    expect(p50?.predicted).toBeGreaterThan(14.8);
    expect(p50?.predicted).toBeLessThan(15.2);
  });

  test('of a search says how far the capacity is off', async () => {
    const [only] = await against(capacityReport());
    expect(only).toMatchObject({ unit: 'req/s', measured: 80, allowed: 0.1 });
    // The search claims a rate with confidence: less than what the p99 itself allows, on its grid of 5 %.
    const { rate } = simulatedCapacity({ ...options, replica, requests: 20_000 });
    expect(only?.predicted).toBeGreaterThan(0.7 * rate);
    expect(only?.predicted).toBeLessThanOrEqual(1.06 * rate);
  });

  test('is refused for what the simulation does not know', async () => {
    const unfit = { code: 'plan_check_unfit' };
    await expect(against({ ...openLoopReport(), textsPerRequest: 2 })).rejects.toMatchObject(unfit);
    await expect(against({ ...capacityReport(), capacity: null })).rejects.toMatchObject(unfit);
    for (const cut of [openLoopReport(), capacityReport()])
      await expect(against({ ...cut, ended: 'interrupted' })).rejects.toMatchObject({
        ...unfit,
        message: expect.stringContaining('interrupted'),
      });
    const { measured } = openLoopReport();
    const failing = { ...measured, outcomes: { ok: 495, '429': 5 } };
    await expect(against({ ...openLoopReport(), measured: failing })).rejects.toMatchObject({
      ...unfit,
      message: expect.stringContaining('1.0 % of its requests failed'),
    });
    await expect(against({ format: 1 })).rejects.toMatchObject({ code: 'load_report_malformed' });
    await expect(check(path.join(folder, 'none'), { costs: simpleCosts(), replica })).rejects.toMatchObject({
      code: 'load_report_missing',
    });
  });
});
