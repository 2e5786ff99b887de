/** What the search for a capacity found: the shape of its JSON, and the same as text. */
import { z } from 'zod';
import { machineLine, machineSchema } from '../../core/machine.js';
import { median } from '../../core/statistics.js';

export const CAPACITY_FORMAT = 2;

/** `failed`: the generator's process died, or what else is no server's and no generator's doing. */
export const searchEnds = ['complete', 'interrupted', 'server-gone', 'generator-late', 'failed'] as const;
export type SearchEnd = (typeof searchEnds)[number];

const trialSchema = z.strictObject({
  rate: z.number(),
  queries: z.int(),
  slow: z.int(),
  p99Ms: z.number().nullable(),
  claim: z.enum(['kept', 'broken', 'undecided']),
});

export const capacitySchema = z.strictObject({
  format: z.literal(CAPACITY_FORMAT),
  kind: z.literal('capacity'),
  url: z.string(),
  startedAt: z.iso.datetime(),
  p99BoundMs: z.number().positive(),
  /** Of each claim about a rate. */
  confidence: z.number(),
  /** A rate is kept on no fewer, even when none of them is slow. */
  fewestQueries: z.int().positive(),
  /** A search ends with a kept and a broken rate this close. */
  precision: z.number(),
  secondsEach: z.number(),
  seed: z.int(),
  texts: z.int(),
  textsPerRequest: z.int(),
  searches: z.array(z.strictObject({ rate: z.number().nullable(), trials: z.array(trialSchema) })),
  /** Of the search that was not done when all ended. */
  unfinished: z.array(trialSchema).default([]),
  /** Median of the searches' rates, with their range; null when a search found none. */
  capacity: z
    .strictObject({ median: z.number(), low: z.number(), high: z.number(), confidence: z.number() })
    .nullable(),
  ended: z.enum(searchEnds),
  machine: machineSchema,
});
export type CapacityReport = z.infer<typeof capacitySchema>;

/**
 * The range of n independent values holds their distribution's median with probability 1 - 2^(1-n), whatever the
 * distribution.
 */
export function capacityOf(rates: readonly (number | null)[]): CapacityReport['capacity'] {
  const found = rates.filter((rate) => rate !== null);
  if (found.length < rates.length || found.length === 0) return null;
  return {
    median: median(found),
    low: Math.min(...found),
    high: Math.max(...found),
    confidence: 1 - 2 ** (1 - found.length),
  };
}

export function renderCapacity(report: CapacityReport): string {
  return [
    `${report.url}${cutShort(report)}`,
    `capacity    ${capacityLine(report)}`,
    ...report.searches.map(
      ({ rate, trials }, index) =>
        `search ${index + 1}    ${rate === null ? 'no rate' : `${rate.toFixed(1)} req/s`} after ${trials.length} rates`,
    ),
    ...(report.unfinished.length === 0
      ? []
      : [`unfinished  a search of ${report.unfinished.length} rates until then`]),
    `conditions  ${capacityConditions(report)}`,
    `machine     ${machineLine(report.machine)}`,
  ].join('\n');
}

const whyCutShort: Readonly<Record<Exclude<SearchEnd, 'complete'>, string>> = {
  interrupted: 'it was interrupted',
  'server-gone': 'the server took no connections any more',
  'generator-late': 'the generator was late',
  failed: 'it failed',
};

/** Behind the URL; empty for a search that was done. */
export function cutShort({ ended }: CapacityReport): string {
  return ended === 'complete' ? '' : ` (${whyCutShort[ended]}: what was found until then)`;
}

export function capacityLine(report: CapacityReport): string {
  const { capacity, textsPerRequest, p99BoundMs, searches, ended } = report;
  if (searches.length === 0 && ended !== 'complete')
    return `none: ${whyCutShort[ended]} before a search was done`;
  if (capacity === null) return `no rate keeps p99 <= ${p99BoundMs} ms in every search`;
  const { median: middle, low, high, confidence } = capacity;
  return (
    `${middle.toFixed(1)} req/s [${low.toFixed(1)}, ${high.toFixed(1)}] with p99 <= ${p99BoundMs} ms, ` +
    `${(middle * textsPerRequest).toFixed(1)} texts/s; interval of the median: ${(100 * confidence).toFixed(1)} %`
  );
}

export function capacityConditions(report: CapacityReport): string {
  return (
    `Poisson arrivals, at least ${report.secondsEach} s a rate after 1 s of warm-up; a rate is kept when ` +
    `p99 <= ${report.p99BoundMs} ms may be claimed with ${100 * report.confidence} % confidence by MLPerf's rule (at least ` +
    `${report.fewestQueries} queries, more when some are slow), requests that failed counted as slow; searched to ${100 * report.precision} %, ${report.searches.length} times, seeds from ${report.seed}; ` +
    `${report.texts} texts, ${report.textsPerRequest} a request`
  );
}
