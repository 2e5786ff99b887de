/**
 * Two runs side by side. Latencies of neighbouring requests are not independent, so intervals come from resampling whole
 * seconds of each run, those without a request among them; what is left of a second at the end counts for the run, and
 * is not drawn.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { quantile } from 'simple-statistics';
import { seededGenerator } from '../core/random.js';
import type { Interval } from '../core/statistics.js';
import { LatencyHistogram } from './latency-histogram.js';
import { wholeHistogram, type MeasuredWindow } from './measurement.js';
import { offered } from './outcome.js';
import type { LoadReport } from './report.js';

export interface NamedRun {
  readonly name: string;
  readonly report: LoadReport;
}

export interface Estimate {
  readonly value: number;
  /** 95 %. */
  readonly interval: Interval;
}

export interface ComparedMeasure {
  readonly name: string;
  readonly unit: 'ms' | 'req/s' | '%';
  /** Null for a figure of nothing: a percentile where no request succeeded, a share where none was due. */
  readonly a: Estimate | null;
  readonly b: Estimate | null;
  /** b over a; null where a is 0, or either is null. */
  readonly ratio: Estimate | null;
}

const resamples = 1000;

/** @param seed of the resampling */
export function compareRuns(a: LoadReport, b: LoadReport, seed: number): ComparedMeasure[] {
  const random = seededGenerator(seed);
  const [secondsA, secondsB] = [secondsOf(a), secondsOf(b)];
  const resample = ({ ms, windows, drawn, drawnSeconds }: Seconds) =>
    measure(
      ms,
      Array.from({ length: drawn }, () => windows[uniformInt(random, 0, drawn - 1)]),
      drawnSeconds,
    );
  const drawn = Array.from({ length: resamples }, () => ({ a: resample(secondsA), b: resample(secondsB) }));
  const wholeA = measure(secondsA.ms, secondsA.windows, a.measured.durationSeconds);
  const wholeB = measure(secondsB.ms, secondsB.windows, b.measured.durationSeconds);
  return measures.map(({ name, unit }) => {
    const ratio = (numerator: number | null, denominator: number | null) =>
      numerator === null || denominator === null ? NaN : numerator / denominator;
    const ratios = drawn.map((each) => ratio(each.b[name], each.a[name]));
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
      ratio: estimate(ratio(wholeB[name], wholeA[name]), ratios),
    };
  });
}

/** A row of text a measure: its name, a, b, and b over a. */
export function comparisonRows(measures: readonly ComparedMeasure[]): string[][] {
  return measures.map(({ name, unit, a, b, ratio }) => [
    `${name}, ${unit}`,
    a === null ? 'none' : withInterval(a, 2),
    b === null ? 'none' : withInterval(b, 2),
    ratio === null ? '' : withInterval(ratio, 3),
  ]);
}

/** Why what is measured of two runs may not be of the same thing. */
export function differences(a: NamedRun, b: NamedRun): string[] {
  const [first, second] = [a.report, b.report];
  const found: string[] = [];
  if (first.kind !== second.kind) {
    const of = ({ name, report }: NamedRun) =>
      `${name} is ${report.kind === 'open-loop' ? 'an open loop, with latencies from when requests were due' : 'a closed loop, with latencies from sending'}`;
    found.push(`${of(a)}; ${of(b)}`);
  }
  if (first.textsPerRequest !== second.textsPerRequest) {
    const of = ({ name, report }: NamedRun) => `${report.textsPerRequest} in ${name}`;
    found.push(`texts a request: ${of(a)}, ${of(b)}`);
  }
  for (const { name, report } of [a, b])
    if (report.ended !== 'complete') found.push(`${name} was cut short: ${report.ended}`);
  return found;
}

type MeasureName = 'p50' | 'p90' | 'p99' | 'throughput' | 'failed';
type Measures = Readonly<Record<MeasureName, number | null>>;

const measures: readonly { readonly name: MeasureName; readonly unit: ComparedMeasure['unit'] }[] = [
  { name: 'p50', unit: 'ms' },
  { name: 'p90', unit: 'ms' },
  { name: 'p99', unit: 'ms' },
  { name: 'throughput', unit: 'req/s' },
  { name: 'failed', unit: '%' },
];

interface Window {
  /** Places in `Seconds.ms`, and how often each value was measured. */
  readonly steps: readonly { readonly place: number; readonly count: number }[];
  readonly succeeded: number;
  readonly answered: number;
  readonly offered: number;
}

interface Seconds {
  /** Every latency of the run, once, ascending. */
  readonly ms: readonly number[];
  readonly windows: readonly Window[];
  /** How many of the first windows are drawn: whole seconds, or all of a run that is shorter than one. */
  readonly drawn: number;
  readonly drawnSeconds: number;
}

function secondsOf({ measured }: LoadReport): Seconds {
  const stepsOf = ({ histogram }: MeasuredWindow) =>
    histogram === null ? [] : LatencyHistogram.decode(histogram).steps();
  const ms = wholeHistogram(measured.windows)
    .steps()
    .map((step) => step.ms);
  const places = new Map(ms.map((value, place) => [value, place]));
  const windows = measured.windows.map((window) => ({
    steps: stepsOf(window).map((step) => ({ place: places.get(step.ms) ?? 0, count: step.count })),
    succeeded: window.outcomes.ok ?? 0,
    answered: window.answered ?? window.outcomes.ok ?? 0,
    offered: offered(window.outcomes),
  }));
  // Seconds behind the last request were measured too.
  const { durationSeconds } = measured;
  while (windows.length < Math.ceil(durationSeconds))
    windows.push({ steps: [], succeeded: 0, answered: 0, offered: 0 });
  const whole = Math.floor(durationSeconds);
  return whole === 0
    ? { ms, windows, drawn: windows.length, drawnSeconds: durationSeconds }
    : { ms, windows, drawn: whole, drawnSeconds: whole };
}

function measure(ms: readonly number[], windows: readonly (Window | undefined)[], seconds: number): Measures {
  const counts = new Float64Array(ms.length);
  let [succeeded, answered, all] = [0, 0, 0];
  for (const window of windows) {
    for (const { place, count } of window?.steps ?? []) counts[place] = (counts[place] ?? 0) + count;
    succeeded += window?.succeeded ?? 0;
    answered += window?.answered ?? 0;
    all += window?.offered ?? 0;
  }
  const percentile = (percent: number) => {
    if (succeeded === 0) return null;
    let seen = 0;
    const place = counts.findIndex((count) => (seen += count) >= (percent / 100) * succeeded);
    return ms[place] ?? null;
  };
  return {
    p50: percentile(50),
    p90: percentile(90),
    p99: percentile(99),
    throughput: seconds === 0 ? 0 : answered / seconds,
    failed: all === 0 ? null : (100 * (all - succeeded)) / all,
  };
}

/** What was drawn of seconds that have no such figure tells nothing of it, and is left out. */
function estimate(value: number | null, drawn: readonly (number | null)[]): Estimate | null {
  if (!isFigure(value)) return null;
  const figures = drawn.filter(isFigure);
  if (figures.length === 0) return { value, interval: [value, value] };
  return { value, interval: [quantile(figures, 0.025), quantile(figures, 0.975)] };
}

function isFigure(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

function withInterval({ value, interval: [low, high] }: Estimate, digits: number): string {
  return `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
