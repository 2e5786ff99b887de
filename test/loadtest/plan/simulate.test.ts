/** The simulated server against queueing theory, and against what must hold of any server. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate } from '../../../loadtest/plan/simulate.js';
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
          rate: (1000 * rho) / serviceMs,
          seed: some,
          requests: 15_000,
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
        const { meanMs, p99Ms } = simulate({ costs, replica: alone, rate, seed: some, requests: 30_000 });
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
      rate: 200,
      seed: 1,
      requests: 4000,
    });
    expect(refused).toBeGreaterThan(1800);
    expect(p99Ms).toBe(Infinity);
    expect(meanMs).toBe(Infinity);
  });
});

test('the one main thread bounds what any number of workers does', () => {
  const costs = simpleCosts({ main: { requestMs: 1, batchMs: 0 } });
  const at = (rate: number) =>
    simulate({ costs, replica: { cores: 64, workers: 63 }, rate, seed: 1, requests: 5000 });
  expect(at(900).p99Ms).toBeLessThan(60);
  expect(at(900).mainBusy).toBeCloseTo(0.9, 1);
  expect(at(1200).p99Ms).toBeGreaterThan(300);
});

test('a batch amortises what each costs: a saturated worker takes what waits at once', () => {
  const worker = {
    runs: [1, 16].map((rows) => ({ rows, length: 10, ms: 10 })),
    spread: [1],
    tokenizeMsPerCharacter: 0,
    batchMs: 0,
  };
  const batching = { ...simpleCosts().batching, largestBatch: 16 };
  const { p99Ms, rowsPerBatch } = simulate({
    costs: simpleCosts({ worker, batching }),
    replica: alone,
    rate: 800,
    seed: 1,
    requests: 5000,
  });
  expect(p99Ms).toBeLessThan(50);
  expect(rowsPerBatch).toBeGreaterThan(5);
});

test('the same seed gives the same figures', () => {
  const run = () => simulate({ costs: simpleCosts(), replica: alone, rate: 50, seed: 7, requests: 1000 });
  expect(run()).toEqual(run());
});
