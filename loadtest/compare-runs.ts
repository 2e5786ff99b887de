/**
 * Two runs side by side. Latencies of neighbouring requests are not independent, so intervals come from resampling whole
 * seconds of each run.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { quantile } from 'simple-statistics';
import type { Interval } from '../core/statistics.js';
import { LatencyHistogram } from './latency-histogram.js';
import type { MeasuredWindow } from './measurement.js';
import { failures, offered } from './outcome.js';
import type { LoadReport } from './report.js';

export interface Estimate {
  readonly value: number;
  /** 95 %. */
  readonly interval: Interval;
}

export interface ComparedMeasure {
  readonly name: string;
  readonly unit: 'ms' | 'req/s' | '%';
  readonly a: Estimate;
  readonly b: Estimate;
  /** b over a; null where a is 0. */
  readonly ratio: Estimate | null;
}

const resamples = 1000;

/** @param seed of the resampling */
export function compareRuns(a: LoadReport, b: LoadReport, seed: number): ComparedMeasure[] {
  const random = xoroshiro128plus(seed);
  const draw = (windows: readonly Window[]) =>
    windows.map(() => windows[uniformInt(random, 0, windows.length - 1)]);
  const [windowsA, windowsB] = [windowsOf(a), windowsOf(b)];
  const drawn = Array.from({ length: resamples }, () => ({
    a: measure(draw(windowsA)),
    b: measure(draw(windowsB)),
  }));
  const [wholeA, wholeB] = [measure(windowsA), measure(windowsB)];
  return measures.map(({ name, unit }) => {
    const ratio = (numerator: Measures, denominator: Measures) => numerator[name] / denominator[name];
    return {
      name,
      unit,
      a: estimate(
        wholeA[name],
        drawn.map((each) => each.a[name]),
      ),
      b: estimate(
        wholeB[name],
        drawn.map((each) => each.b[name]),
      ),
      ratio:
        wholeA[name] === 0
          ? null
          : estimate(
              ratio(wholeB, wholeA),
              drawn.map((each) => ratio(each.b, each.a)).filter(Number.isFinite),
            ),
    };
  });
}

/** A row of text a measure: its name, a, b, and b over a. */
export function comparisonRows(measures: readonly ComparedMeasure[]): string[][] {
  return measures.map(({ name, unit, a, b, ratio }) => [
    `${name}, ${unit}`,
    withInterval(a, 2),
    withInterval(b, 2),
    ratio === null ? '' : withInterval(ratio, 3),
  ]);
}

type MeasureName = 'p50' | 'p90' | 'p99' | 'throughput' | 'failed';
type Measures = Readonly<Record<MeasureName, number>>;

const measures: readonly { readonly name: MeasureName; readonly unit: ComparedMeasure['unit'] }[] = [
  { name: 'p50', unit: 'ms' },
  { name: 'p90', unit: 'ms' },
  { name: 'p99', unit: 'ms' },
  { name: 'throughput', unit: 'req/s' },
  { name: 'failed', unit: '%' },
];

interface Window {
  readonly steps: ReturnType<LatencyHistogram['steps']>;
  readonly succeeded: number;
  readonly failed: number;
  readonly offered: number;
}

function windowsOf({ measured }: LoadReport): Window[] {
  return measured.windows.map(({ histogram, outcomes }: MeasuredWindow) => ({
    steps: histogram === null ? [] : LatencyHistogram.decode(histogram).steps(),
    succeeded: outcomes.ok ?? 0,
    failed: failures(outcomes),
    offered: offered(outcomes),
  }));
}

function measure(windows: readonly (Window | undefined)[]): Measures {
  const present = windows.filter((window) => window !== undefined);
  const counts = new Map<number, number>();
  for (const { steps } of present)
    for (const { ms, count } of steps) counts.set(ms, (counts.get(ms) ?? 0) + count);
  const sorted = [...counts].sort(([x], [y]) => x - y);
  const total = present.reduce((sum, { succeeded }) => sum + succeeded, 0);
  const percentile = (percent: number) => {
    let seen = 0;
    for (const [ms, count] of sorted) if ((seen += count) >= (percent / 100) * total) return ms;
    return 0;
  };
  const all = present.reduce((sum, window) => sum + window.offered, 0);
  const failed = present.reduce((sum, window) => sum + window.failed, 0);
  return {
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
    throughput: total / Math.max(1, present.length),
    failed: all === 0 ? 0 : (100 * failed) / all,
  };
}

function estimate(value: number, drawn: readonly number[]): Estimate {
  if (drawn.length === 0) return { value, interval: [value, value] };
  return { value, interval: [quantile([...drawn], 0.025), quantile([...drawn], 0.975)] };
}

function withInterval({ value, interval: [low, high] }: Estimate, digits: number): string {
  return `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
