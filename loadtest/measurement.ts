/** What a run measured: whole, and second by second. */
import { z } from 'zod';
import { LatencyHistogram, latencySummarySchema } from './latency-histogram.js';
import type { Outcomes } from './outcome.js';

const count = z.int().nonnegative();

const outcomePattern = /^(ok|\d{3}|connection|timeout|malformed|dropped|unfinished)$/;
const outcomesSchema = z
  .record(z.string().regex(outcomePattern), count)
  .transform((outcomes): Outcomes => outcomes);

const windowSchema = z.strictObject({
  /** From the start of what is measured. A request belongs to the second in which it was due. */
  second: count,
  outcomes: outcomesSchema,
  /** `ok` answers that came within the second, whenever their requests were due; null of reports that did not count them. */
  answered: count.nullable().default(null),
  /** Of `ok` answers; null when there was none. */
  latencyMs: latencySummarySchema.nullable(),
  /** The same, as a compressed HDR histogram of microseconds. */
  histogram: z.string().nullable(),
});
export type MeasuredWindow = z.infer<typeof windowSchema>;

export const measurementSchema = z.strictObject({
  /** Without the warm-up. */
  durationSeconds: z.number().nonnegative(),
  /** `ok` answers that came after the warm-up and while requests were still sent. */
  requestsPerSecond: z.number().nonnegative(),
  outcomes: outcomesSchema,
  /** Of `ok` answers, from when the request was due to the end of its answer. */
  latencyMs: latencySummarySchema.nullable(),
  /** Of the same, from when the request was sent. */
  latencyFromSendingMs: latencySummarySchema.nullable(),
  /** Of 429 answers, from when the request was sent. */
  refusedLatencyMs: latencySummarySchema.nullable().default(null),
  /** How much later than due requests were sent. */
  lagMs: latencySummarySchema.nullable(),
  connectionsOpened: count,
  /** CPU time of the process that sent the load, in cores. */
  generatorCores: z.number().nonnegative(),
  windows: z.array(windowSchema),
});
export type Measurement = z.infer<typeof measurementSchema>;

export const runEnds = ['complete', 'interrupted', 'server-gone', 'generator-late'] as const;
export type RunEnd = (typeof runEnds)[number];

export const runResultSchema = z.strictObject({ measured: measurementSchema, ended: z.enum(runEnds) });
export type RunResult = z.infer<typeof runResultSchema>;

/** How a run goes on; told every second. */
export const progressSchema = z.strictObject({
  phase: z.enum(['warm-up', 'measure']),
  elapsedSeconds: z.number(),
  totalSeconds: z.number(),
  inFlight: z.int(),
  /** Since it was told before. */
  outcomes: outcomesSchema,
  latencyMs: latencySummarySchema.nullable(),
});
export type Progress = z.infer<typeof progressSchema>;

/** All windows' histograms in one. */
export function wholeHistogram(windows: readonly MeasuredWindow[]): LatencyHistogram {
  const whole = new LatencyHistogram();
  for (const { histogram } of windows) if (histogram !== null) whole.add(LatencyHistogram.decode(histogram));
  return whole;
}
