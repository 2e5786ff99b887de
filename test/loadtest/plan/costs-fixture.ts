/** Costs that are easy to reckon with, and reports of a load and of a search. */
import { describeMachine } from '../../../core/machine.js';
import { CAPACITY_FORMAT, type CapacityReport } from '../../../loadtest/capacity/report.js';
import { type LoadReport, REPORT_FORMAT } from '../../../loadtest/report.js';
import { COSTS_FORMAT, type ServingCosts } from '../../../loadtest/plan/costs.js';

/** One cell, nothing beside the worker's run. */
export function simpleCosts(changes: Partial<ServingCosts> = {}): ServingCosts {
  return {
    format: COSTS_FORMAT,
    kind: 'serving-costs',
    bundle: 'tiny/1',
    precision: 'fp32',
    provider: 'cpu',
    startedAt: new Date(0).toISOString(),
    machine: { ...describeMachine(), cores: 2 },
    seed: 1,
    worker: {
      runs: [{ rows: 1, length: 10, ms: 10 }],
      spread: [1],
      tokenizeMsPerCharacter: 0,
      batchMs: 0,
      wake: [],
    },
    main: { requestMs: 0, batchMs: 0, handoverMs: 0 },
    wireMs: 0,
    generatorMs: 0,
    speeds: [{ busy: 1, speed: 1 }],
    pace: { everyMs: 100, factors: [1] },
    interruptions: { share: 0, lengthsMs: [] },
    memory: { serverBytes: 2 ** 27, workerBytes: 2 ** 26 },
    batching: { queueCapacity: 1e6, largestBatch: 1, tokenBudget: 2048, rowByRow: false, longestRow: 128 },
    texts: [{ characters: 20, ids: 10 }],
    ...changes,
  };
}

/** Times whose spread is that of the exponential distribution: its quantiles, in the middle of equal shares. */
export function exponentialSpread(shares: number): number[] {
  return Array.from({ length: shares }, (_, place) => -Math.log1p(-(place + 0.5) / shares));
}

export function capacityReport(): CapacityReport {
  return {
    format: CAPACITY_FORMAT,
    kind: 'capacity',
    url: 'http://127.0.0.1:1/v1/predict',
    startedAt: new Date(0).toISOString(),
    p99BoundMs: 50,
    confidence: 0.99,
    fewestQueries: 459,
    precision: 0.05,
    secondsEach: 10,
    seed: 1,
    texts: 1,
    textsPerRequest: 1,
    searches: [{ rate: 80, trials: [] }],
    unfinished: [],
    capacity: { median: 80, low: 80, high: 80, confidence: 0 },
    ended: 'complete',
    machine: describeMachine(),
  };
}

/** Of 50 requests a second. */
export function openLoopReport(): Extract<LoadReport, { kind: 'open-loop' }> {
  const summary = { mean: 10, p50: 10, p90: 15, p97_5: 18, p99: 20, p99_9: 22, max: 22 };
  return {
    format: REPORT_FORMAT,
    kind: 'open-loop',
    url: 'http://127.0.0.1:1/v1/predict',
    startedAt: new Date(0).toISOString(),
    stages: [{ seconds: 10, from: 50, to: 50 }],
    arrivals: 'poisson',
    seed: 1,
    maxInFlight: 100,
    maxLagMs: 10,
    warmupSeconds: 0,
    texts: 1,
    textsPerRequest: 1,
    measured: {
      durationSeconds: 10,
      requestsPerSecond: 50,
      outcomes: { ok: 500 },
      latencyMs: summary,
      latencyFromSendingMs: summary,
      refusedLatencyMs: null,
      lagMs: null,
      connectionsOpened: 1,
      generatorCores: 0,
      windows: [],
    },
    serverSeen: null,
    ended: 'complete',
    machine: describeMachine(),
  };
}
