/**
 * A server that stands still for a second, seen three ways: what is known, what the open loop reports, and what autocannon
 * does when it is asked for the same rate. A client that waits for an answer before it sends again leaves out just the
 * requests that would have waited.
 */
import autocannon from 'autocannon';
import { LatencyHistogram } from '../latency-histogram.js';
import { startGenerator } from '../open-loop/generator-handle.js';
import { withKnownServer } from './known-server.js';

export interface StallView {
  readonly requests: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface StallComparison {
  readonly rate: number;
  readonly seconds: number;
  readonly stallMs: number;
  readonly expected: StallView;
  readonly openLoop: StallView;
  readonly autocannon: StallView;
}

const rate = 100;
const seconds = 10;
const stall = { stallAtMs: 5000, stallMs: 1000 };
const connections = 10;
const body = JSON.stringify({ text: '好' });

export async function measureStall(seed: number): Promise<StallComparison> {
  return {
    rate,
    seconds,
    stallMs: stall.stallMs,
    expected: expected(),
    openLoop: await openLoop(seed),
    autocannon: await closedLoop(),
  };
}

/** What is due during the stall is answered when it ends. */
function expected(): StallView {
  const histogram = new LatencyHistogram();
  const end = stall.stallAtMs + stall.stallMs;
  for (let due = 0; due < 1000 * seconds; due += 1000 / rate)
    histogram.record(due >= stall.stallAtMs && due < end ? end - due : 0);
  return view(histogram);
}

function openLoop(seed: number): Promise<StallView> {
  return withKnownServer(stall, async (server) => {
    const generator = await startGenerator({
      protocol: 'http',
      url: server.url.href,
      headers: {},
      bodies: [body],
      timeoutMs: 30_000,
    });
    try {
      server.start();
      const { measured } = await generator.run({
        stages: [{ seconds, from: rate, to: rate }],
        arrivals: 'constant',
        seed,
        warmupSeconds: 0,
        maxInFlight: 1000,
      });
      const { p50 = 0, p90 = 0, p99 = 0, max = 0 } = measured.latencyMs ?? {};
      return { requests: measured.outcomes.ok ?? 0, p50, p90, p99, max };
    } finally {
      generator.close();
    }
  });
}

function closedLoop(): Promise<StallView> {
  return withKnownServer(stall, async (server) => {
    const histogram = new LatencyHistogram();
    server.start();
    await new Promise<void>((resolve) => {
      const instance = autocannon(
        {
          url: server.url.href,
          connections,
          duration: seconds,
          overallRate: rate,
          // Its own correction takes seconds for milliseconds.
          ignoreCoordinatedOmission: true,
          method: 'POST',
          body,
        },
        () => {
          resolve();
        },
      );
      instance.on('response', (_client, _status, _bytes, responseTime) => {
        histogram.record(responseTime);
      });
    });
    return view(histogram);
  });
}

function view(histogram: LatencyHistogram): StallView {
  const [p50, p90, p99, max] = [50, 90, 99, 100].map((percent) => histogram.percentile(percent));
  return { requests: histogram.count, p50: p50 ?? 0, p90: p90 ?? 0, p99: p99 ?? 0, max: max ?? 0 };
}
