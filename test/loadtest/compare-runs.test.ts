import { describe, expect, it } from '@jest/globals';
import { describeMachine } from '../../core/machine.js';
import { compareRuns, comparisonRows, differences } from '../../loadtest/compare-runs.js';
import { comparePage } from '../../loadtest/html/compare-page.js';
import { loadPage } from '../../loadtest/html/load-page.js';
import { Recorder } from '../../loadtest/recorder.js';
import { renderReport } from '../../loadtest/render.js';
import { reportHead, reportSchema, type LoadReport } from '../../loadtest/report.js';

interface Run {
  readonly requests?: number;
  readonly stoppedMs?: number;
  /** Every hundredth is refused by default. */
  readonly refused?: (i: number) => boolean;
}

/** 50 requests/s of these latencies; thirty seconds of them by default. */
function report(
  latencyMs: (i: number) => number,
  url = 'http://127.0.0.1:1/v1/predict',
  { requests = 1500, stoppedMs = 30_000, refused = (i) => i % 100 === 99 }: Run = {},
): LoadReport {
  const recorder = new Recorder(0, stoppedMs);
  for (let i = 0; i < requests; i++) {
    recorder.lag(20 * i, 0.1);
    recorder.ended(refused(i) ? '429' : 'ok', 20 * i, 20 * i + 0.1, 20 * i + latencyMs(i));
  }
  return reportSchema.parse({
    ...reportHead(),
    kind: 'open-loop',
    url,
    warmupSeconds: 1,
    texts: 40,
    textsPerRequest: 1,
    stages: [{ seconds: 30, from: 50, to: 50 }],
    arrivals: 'poisson',
    seed: 1,
    maxInFlight: 10,
    maxLagMs: 10,
    measured: { ...recorder.result(stoppedMs), connectionsOpened: 1, generatorCores: 0.1 },
    serverSeen: {
      stages: [
        {
          stage: 'total',
          count: 4,
          sumMs: 10,
          buckets: [
            { upToMs: 5, count: 3 },
            { upToMs: null, count: 1 },
          ],
        },
      ],
      during: [{ second: 5, stage: 'total', p50Ms: 2, p99Ms: 4 }],
    },
    ended: 'complete',
    machine: describeMachine(),
  });
}

const fast = report((i) => 10 + (i % 37) / 10);
const slow = report((i) => 20 + (i % 37) / 5, 'http://<script>');

describe('two runs', () => {
  const measures = compareRuns(fast, slow, 1);
  const named = (name: string) => measures.find((measure) => measure.name === name)!;

  it('are compared by ratios whose intervals hold the truth', () => {
    const { a, b, ratio } = named('p50');
    expect(a!.value).toBeCloseTo(11.8, 1);
    expect(b!.value).toBeCloseTo(23.6, 1);
    const [low, high] = ratio!.interval;
    expect(low).toBeLessThanOrEqual(2.001);
    expect(high).toBeGreaterThanOrEqual(1.999);
    expect(high - low).toBeLessThan(0.2);
    expect(named('failed').a!.value).toBeCloseTo(1, 6);
    expect(named('throughput').ratio!.value).toBe(1);
  });

  it('of which one is answered at half the rate are of half the throughput, whenever its answers come', () => {
    // Each answer waits for all before it: 25 a second where 50 are sent.
    const late = report((i) => 20 * i + 40);
    const throughput = compareRuns(late, fast, 1).find(({ name }) => name === 'throughput')!;
    expect(throughput.a!.value).toBeCloseTo(late.measured.requestsPerSecond, 6);
    expect(throughput.ratio!.value).toBeGreaterThan(1.9);
    expect(throughput.a!.interval[1]).toBeLessThan(26);
  });

  it('that end within a second are of as many requests a second', () => {
    const cut = report((i) => 10 + (i % 37) / 10, undefined, { requests: 105, stoppedMs: 2100 });
    const [, , , throughput] = compareRuns(cut, fast, 1);
    expect(throughput!.a!.value).toBeCloseTo(104 / 2.1, 6);
    expect(throughput!.a!.interval[0]).toBeGreaterThanOrEqual(49);
    const short = report((i) => 10 + (i % 37) / 10, undefined, { requests: 10, stoppedMs: 200 });
    expect(compareRuns(short, fast, 1)[3]!.a).toEqual({ value: 50, interval: [50, 50] });
  });

  it('count the seconds in which nothing was sent any more', () => {
    const stalled = report((i) => 10 + (i % 37) / 10, undefined, { requests: 750 });
    const [, , , throughput] = compareRuns(stalled, fast, 1);
    expect(throughput!.a!.value).toBeCloseTo(stalled.measured.requestsPerSecond, 0);
    const [low, high] = throughput!.a!.interval;
    expect(low).toBeLessThan(24);
    expect(high).toBeGreaterThan(26);
  });

  it('of which one succeeded in nothing have no percentiles of it, and no ratio', () => {
    const refused = report(() => 1, undefined, { refused: () => true });
    const compared = compareRuns(fast, refused, 1);
    for (const name of ['p50', 'p90', 'p99']) {
      const found = compared.find((measure) => measure.name === name)!;
      expect(found).toMatchObject({ a: { value: expect.any(Number) }, b: null, ratio: null });
    }
    const failed = compared.find(({ name }) => name === 'failed')!;
    expect(failed.b).toEqual({ value: 100, interval: [100, 100] });
    expect(comparisonRows(compared)[2]).toEqual(['p99, ms', expect.any(String), 'none', '']);
    const runs = [fast, refused].map((each, place) => ({ name: `${place}`, report: each }));
    expect(comparePage(runs[0]!, runs[1]!, compared)).toContain('<td>none</td>');
  });

  it('take intervals from the seconds in which something succeeded', () => {
    // Of 30 seconds, the first alone has answers.
    const rarely = report(() => 40, undefined, { refused: (i) => i >= 50 });
    const p99 = compareRuns(rarely, fast, 1).find(({ name }) => name === 'p99')!;
    expect(p99.a!.value).toBeCloseTo(40, 1);
    expect(p99.a!.interval).toEqual([p99.a!.value, p99.a!.value]);
  });

  it('that are not of the same kind, size or end are told apart', () => {
    const closed = {
      ...fast,
      kind: 'closed-loop' as const,
      connections: 2,
      client: 'retort' as const,
      textsPerRequest: 8,
      ended: 'interrupted' as const,
    };
    const [a, b] = [
      { name: 'a', report: fast },
      { name: 'b', report: closed },
    ];
    expect(differences(a, { name: 'b', report: slow })).toEqual([]);
    const found = differences(a, b);
    expect(found).toEqual([
      expect.stringMatching(/^a is an open loop, .* due; b is a closed loop, .* sending$/),
      'texts a request: 1 in a, 8 in b',
      'b was cut short: interrupted',
    ]);
    const page = comparePage(a, b, measures);
    for (const warning of found) expect(page).toContain(`Warning: ${warning}.`);
  });

  it('have the same intervals for the same seed', () => {
    expect(compareRuns(fast, slow, 1)).toEqual(measures);
  });

  it('are shown on one page, and each on its own', () => {
    const page = comparePage({ name: 'a', report: fast }, { name: 'b', report: slow }, measures);
    expect(page.match(/<svg[^>]* class="plot"/g)!.length).toBeGreaterThanOrEqual(3);
    expect(page).not.toContain('<script');
    expect(loadPage(fast)).toContain('As the server sees it');
  });

  it('are written as text', () => {
    expect(renderReport(fast)).toContain('429 x 15');
    expect(renderReport(fast)).toContain('own lag');
    expect(renderReport(fast)).toContain('server sees');
  });
});
