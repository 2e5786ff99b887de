/** What a run must keep, as conditions that fail it: `p99>50ms`, `errors>1%`, `throughput<100`. */
import { fail } from '../core/errors.js';
import type { LatencySummary } from './latency-histogram.js';
import type { Measurement } from './measurement.js';
import { failures, offered } from './outcome.js';

export interface Threshold {
  readonly written: string;
  /** The value that crosses it, with its unit; null when it is kept. */
  readonly crossedBy: (measured: Measurement) => string | null;
}

interface Metric {
  readonly unit: 'ms' | '%' | 'req/s';
  /** Null when there is nothing to measure, which crosses every threshold. */
  readonly of: (measured: Measurement) => number | null;
}

const latency = (name: keyof LatencySummary): Metric => ({
  unit: 'ms',
  of: ({ latencyMs }) => latencyMs?.[name] ?? null,
});

const share = (counted: (measured: Measurement) => number): Metric => ({
  unit: '%',
  of: (measured) => {
    const all = offered(measured.outcomes);
    return all === 0 ? null : (100 * counted(measured)) / all;
  },
});

/** The visible list of what a threshold may name. */
const metrics: ReadonlyMap<string, Metric> = new Map([
  ['mean', latency('mean')],
  ['p50', latency('p50')],
  ['p90', latency('p90')],
  ['p97.5', latency('p97_5')],
  ['p99', latency('p99')],
  ['p99.9', latency('p99_9')],
  ['max', latency('max')],
  ['errors', share(({ outcomes }) => failures(outcomes))],
  ['dropped', share(({ outcomes }) => outcomes.dropped ?? 0)],
  ['throughput', { unit: 'req/s', of: ({ requestsPerSecond }) => requestsPerSecond }],
]);

export const thresholdMetrics: readonly string[] = [...metrics.keys()];

/** @throws RetortError loadtest_threshold_invalid */
export function parseThreshold(written: string): Threshold {
  const [, name = '', relation, number, unit = ''] =
    /^\s*([a-z][\w.]*)\s*(>|<)\s*(\d+(?:\.\d+)?)\s*(ms|s|%|req\/s|)\s*$/.exec(written) ?? [];
  const metric = metrics.get(name);
  const factor = metric === undefined ? undefined : factorOf(unit, metric.unit);
  if (metric === undefined || factor === undefined)
    throw fail('loadtest_threshold_invalid', { threshold: written, known: thresholdMetrics.join(', ') });
  const limit = Number(number) * factor;
  return {
    written,
    crossedBy(measured) {
      const value = metric.of(measured);
      if (value === null) return 'nothing that was measured';
      const crossed = relation === '>' ? value > limit : value < limit;
      return crossed ? `${value.toFixed(2)} ${metric.unit}` : null;
    },
  };
}

/** From the unit that was written to the metric's own; undefined when they do not fit. */
function factorOf(written: string, unit: Metric['unit']): number | undefined {
  if (written === '' || written === unit) return 1;
  return written === 's' && unit === 'ms' ? 1000 : undefined;
}
