/** Charts of load reports; each draws one or several runs. */
import { axisX, dot, lineY, ruleY } from '@observablehq/plot';
import { chart } from '../../core/report/chart.js';
import type { Html } from '../../core/report/html.js';
import type { NamedRun } from '../compare-runs.js';
import { wholeHistogram } from '../measurement.js';
import { failures, offered } from '../outcome.js';
import type { ServerStage } from '../server-stages.js';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly series: string;
}

const title = (unitX: string, unitY: string) => (point: Point) =>
  `${point.series}\n${point.x.toFixed(1)} ${unitX}: ${point.y.toFixed(2)} ${unitY}`;

export function latencyOverTime(runs: readonly NamedRun[]): Html {
  const points = runs.flatMap(({ name, report }) =>
    report.measured.windows.flatMap(({ second, latencyMs }) =>
      latencyMs === null
        ? []
        : (['p50', 'p99', 'max'] as const).map((percentile) => ({
            x: second,
            y: latencyMs[percentile],
            series: label(runs, name, percentile),
          })),
    ),
  );
  return chart('Latency of the requests that were due in each second', {
    x: { label: 'seconds' },
    y: { label: 'ms', type: 'log', grid: true },
    color: seriesColors(points),
    marks: [lines(points, 's', 'ms')],
  });
}

export function throughputOverTime(runs: readonly NamedRun[]): Html {
  const points = runs.flatMap(({ name, report }) =>
    report.measured.windows.flatMap(({ second, outcomes }) => [
      { x: second, y: offered(outcomes), series: label(runs, name, 'offered') },
      { x: second, y: outcomes.ok ?? 0, series: label(runs, name, 'succeeded') },
      { x: second, y: failures(outcomes), series: label(runs, name, 'failed') },
    ]),
  );
  return chart('Requests that were due in each second, and what became of them', {
    x: { label: 'seconds' },
    y: { label: 'requests/s', grid: true, zero: true },
    color: seriesColors(points),
    marks: [ruleY([0]), lines(points, 's', 'req/s')],
  });
}

/** Latency over the share of requests that were slower, on a scale of nines. */
export function percentileCurve(runs: readonly NamedRun[]): Html {
  const points = runs.flatMap(({ name, report }) => [
    ...curve(wholeHistogram(report.measured.windows).steps(), label(runs, name, 'client')),
    ...(report.serverSeen?.stages ?? [])
      .filter(({ stage }) => stage === 'total')
      .flatMap((stage) => curve(bucketSteps(stage), label(runs, name, 'server, to the bucket'))),
  ]);
  return chart('The latency that this share of requests kept', {
    x: { label: null, type: 'log' },
    y: { label: 'ms', type: 'log', grid: true },
    color: seriesColors(points),
    marks: [
      axisX(percentTicks(points), { tickFormat: (oneOf: number) => percentName(oneOf) }),
      lines(points, '', 'ms', 'step-before'),
    ],
  });
}

/** The server's own view: each stage's p99 between two readings of its histograms. */
export function serverOverTime(run: NamedRun): Html | null {
  const points = (run.report.serverSeen?.during ?? []).map(({ second, stage, p99Ms }) => ({
    x: second,
    y: p99Ms,
    series: stage,
  }));
  if (points.length === 0) return null;
  return chart('p99 of the server’s stages between two readings of its histograms, warm-up included', {
    x: { label: 'seconds' },
    y: { label: 'ms', grid: true, zero: true },
    color: seriesColors(points),
    marks: [lines(points, 's', 'ms'), dot(points, { x: 'x', y: 'y', stroke: 'series' })],
  });
}

function lines(
  points: readonly Point[],
  unitX: string,
  unitY: string,
  curve: 'linear' | 'step-before' = 'linear',
) {
  return lineY(points, { x: 'x', y: 'y', stroke: 'series', z: 'series', curve, title: title(unitX, unitY) });
}

/** In the order in which they come, not in that of the alphabet. */
function seriesColors(points: readonly Point[]) {
  return { legend: true, domain: [...new Set(points.map(({ series }) => series))] };
}

function label(runs: readonly NamedRun[], name: string, what: string): string {
  return runs.length === 1 ? what : `${name}: ${what}`;
}

/** A step at infinity counts among all, and has no point. */
function curve(steps: readonly { readonly ms: number; readonly count: number }[], series: string): Point[] {
  const all = steps.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  return steps.flatMap(({ ms, count }) => {
    seen += count;
    return seen < all ? [{ x: all / (all - seen), y: ms, series }] : [];
  });
}

function bucketSteps({ buckets }: ServerStage): { ms: number; count: number }[] {
  return buckets.flatMap(({ upToMs, count }) => (count === 0 ? [] : [{ ms: upToMs ?? Infinity, count }]));
}

/** One of two, of ten, of a hundred, … as far as the points go. */
function percentTicks(points: readonly Point[]): number[] {
  const last = points.reduce((most, { x }) => Math.max(most, x), 1);
  return [1, 2, 10, 100, 1000, 10_000, 100_000, 1_000_000].filter((oneOf) => oneOf <= last);
}

function percentName(oneOf: number): string {
  return oneOf === 1 ? '0 %' : `${Number((100 - 100 / oneOf).toFixed(4))} %`;
}
