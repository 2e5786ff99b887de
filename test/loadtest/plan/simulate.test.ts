/** The simulated server against queueing theory, and against what must hold of any server. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ServingCosts } from '../../../loadtest/plan/costs.js';
import { simulate, steady } from '../../../loadtest/plan/simulate.js';
import { exponentialSpread, simpleCosts } from './costs-fixture.js';

const serviceMs = 10;
const alone = { cores: 1, workers: 1 };
const utilisation = fc.double({ min: 0.05, max: 0.7, noNaN: true });
const seed = fc.integer({ min: 0, max: 1000 });

describe('one worker without batches', () => {
  test('of constant times waits as M/D/1 does: rho s / 2 (1 - rho)', () => {
    fc.assert(
      fc.property(utilisation, seed, (rho, some) => {
        const { meanMs, coresBusy } = simulate({
          costs: simpleCosts(),
          replica: alone,
          load: steady((1000 * rho) / serviceMs, 15_000, some),
        });
        const expected = serviceMs * (1 + rho / (2 * (1 - rho)));
        expect(Math.abs(meanMs / expected - 1)).toBeLessThan(0.12);
        expect(Math.abs(coresBusy - rho)).toBeLessThan(0.03);
      }),
      { numRuns: 5 },
    );
  });

  test('of exponential times waits as M/M/1 does: s / (1 - rho), and its 99th percentile is ln 100 times that', () => {
    const { worker } = simpleCosts();
    const costs = simpleCosts({ worker: { ...worker, spread: exponentialSpread(2000) } });
    fc.assert(
      fc.property(utilisation, seed, (rho, some) => {
        const rate = (1000 * rho) / serviceMs;
        const { meanMs, p99Ms } = simulate({ costs, replica: alone, load: steady(rate, 30_000, some) });
        const expected = serviceMs / (1 - rho);
        expect(Math.abs(meanMs / expected - 1)).toBeLessThan(0.2);
        expect(Math.abs(p99Ms / (Math.log(100) * expected) - 1)).toBeLessThan(0.25);
      }),
      { numRuns: 3 },
    );
  });

  test('that is offered more than it can do fills its queue and refuses the rest', () => {
    const batching = { ...simpleCosts().batching, queueCapacity: 50 };
    const { refused, p99Ms, meanMs } = simulate({
      costs: simpleCosts({ batching }),
      replica: alone,
      load: steady(200, 4000, 1),
    });
    expect(refused).toBeGreaterThan(1800);
    expect(p99Ms).toBe(Infinity);
    expect(meanMs).toBe(Infinity);
  });
});

test('the one main thread bounds what any number of workers does', () => {
  const costs = simpleCosts({ main: { requestMs: 1, batchMs: 0, handoverMs: 0 } });
  const at = (rate: number) =>
    simulate({ costs, replica: { cores: 64, workers: 63 }, load: steady(rate, 5000, 1) });
  expect(at(900).p99Ms).toBeLessThan(60);
  expect(at(900).mainBusy).toBeCloseTo(0.9, 1);
  expect(at(1200).p99Ms).toBeGreaterThan(300);
});

test('a worker waits while the main thread hands its batch over, and not for the rest of what a batch costs', () => {
  const replica = { cores: 2, workers: 1 };
  const at = (handoverMs: number) =>
    simulate({
      costs: simpleCosts({ main: { requestMs: 0, batchMs: 5, handoverMs } }),
      replica,
      load: steady(80, 5000, 1),
    });
  expect(at(5).p99Ms).toBeGreaterThan(500);
  expect(at(0).p99Ms).toBeLessThan(200);
});

test('a batch amortises what each costs: a saturated worker takes what waits at once', () => {
  const worker = {
    runs: [1, 16].map((rows) => ({ rows, length: 10, ms: 10 })),
    spread: [1],
    tokenizeMsPerCharacter: 0,
    batchMs: 0,
    wake: [],
  };
  const batching = { ...simpleCosts().batching, largestBatch: 16 };
  const { p99Ms, rowsPerBatch } = simulate({
    costs: simpleCosts({ worker, batching }),
    replica: alone,
    load: steady(800, 5000, 1),
  });
  expect(p99Ms).toBeLessThan(50);
  expect(rowsPerBatch).toBeGreaterThan(5);
});

test('a machine that is slow for a while has a longer tail than one whose runs vary as much by chance', () => {
  const { worker } = simpleCosts();
  const at = (changes: Partial<ServingCosts>) =>
    simulate({ costs: simpleCosts(changes), replica: alone, load: steady(50, 20_000, 1) });
  const spells = at({ pace: { everyMs: 500, factors: [0.6, 1.4] } });
  const byChance = at({ worker: { ...worker, spread: [0.6, 1.4] } });
  expect(spells.p99Ms).toBeGreaterThan(1.3 * byChance.p99Ms);
});

test('the pace of runs is not that of the main thread', () => {
  const main = { requestMs: 10, batchMs: 0, handoverMs: 0 };
  const { worker } = simpleCosts();
  const at = (changes: Partial<ServingCosts>) =>
    simulate({
      costs: simpleCosts({ pace: { everyMs: 100, factors: [3] }, ...changes }),
      replica: { cores: 2, workers: 1 },
      load: { ...steady(1, 20, 1), arrivals: 'constant' },
    });
  expect(at({}).p50Ms).toBeCloseTo(30, 6);
  expect(at({}).inferMs).toBeCloseTo(30, 6);
  const runs = worker.runs.map((run) => ({ ...run, ms: 1 }));
  expect(at({ main, worker: { ...worker, runs } }).p50Ms).toBeCloseTo(10 + 3, 6);
});

test('a worker that has slept runs longer, and one that never sleeps does not', () => {
  const { worker } = simpleCosts();
  const costs = simpleCosts({ worker: { ...worker, wake: [{ sleptMs: 5, ms: 2 }] } });
  const inferAt = (rate: number) =>
    simulate({ costs, replica: alone, load: { ...steady(rate, 500, 1), arrivals: 'constant' } }).inferMs;
  // Of 20 ms between requests it sleeps 8 or more, of 11 a little, and where more come than it can do, never.
  expect(inferAt(50)).toBeCloseTo(12, 6);
  expect(inferAt(90)).toBeGreaterThan(10.1);
  expect(inferAt(90)).toBeLessThan(11);
  expect(inferAt(120)).toBeLessThan(10.02);
});

test('the generator waits for a core too, which counts from when a request is due', () => {
  const { fromDueMs, meanMs } = simulate({
    costs: simpleCosts(),
    replica: alone,
    load: steady(50, 2000, 1),
    generatorMs: 2,
  });
  const mean = fromDueMs.reduce((sum, ms) => sum + ms, 0) / fromDueMs.length;
  expect(mean).toBeGreaterThan(meanMs + 1);
});

test('the same seed gives the same figures', () => {
  const run = () => simulate({ costs: simpleCosts(), replica: alone, load: steady(50, 1000, 7) });
  expect(run()).toEqual(run());
});

test('what others take of the cores is work that goes ahead: a share of the core less for the server', () => {
  const load = steady(50, 20_000, 1);
  const at = (interruptions: ServingCosts['interruptions']) =>
    simulate({ costs: simpleCosts({ interruptions }), replica: alone, load });
  const lengthsMs = [5, 10, 15];
  expect(at({ share: 0.2, lengthsMs }).coresBusy).toBeCloseTo(0.5 + 0.2, 1);
  expect(at({ share: 0.2, lengthsMs }).p99Ms).toBeGreaterThan(1.2 * at({ share: 0, lengthsMs }).p99Ms);
  expect(at({ share: 0.2, lengthsMs: [] })).toEqual(at({ share: 0, lengthsMs: [] }));
});
