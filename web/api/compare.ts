/** Static and eager execution of the same texts, as the server measured them. */
import * as z from 'zod/mini';
import { ask } from './client.js';

/** A median with its 95 % interval; null where there are too few values for one. */
const estimateSchema = z.object({
  estimate: z.number(),
  interval: z.nullable(z.tuple([z.number(), z.number()])),
});

const summarySchema = z.object({
  samples: z.number(),
  threads: z.number(),
  staticMs: z.nullable(estimateSchema),
  eagerMs: z.nullable(estimateSchema),
  speedup: z.nullable(estimateSchema),
  largestLogitDifference: z.number(),
});

const liveSchema = z.object({ models: z.record(z.string(), summarySchema) });

const runSchema = z.object({
  summary: summarySchema,
  pairs: z.array(z.object({ staticMs: z.number(), eagerMs: z.number() })),
});

export type Estimate = z.infer<typeof estimateSchema>;
export type ComparisonSummary = z.infer<typeof summarySchema>;
export type ComparisonRun = z.infer<typeof runSchema>;

/** By model, of the requests that the server samples. @throws RequestFailure comparison_off */
export async function liveComparison(): Promise<Readonly<Record<string, ComparisonSummary>>> {
  return (await ask('/v1/compare', liveSchema)).models;
}

/** Runs each text `runs` times on both engines, now. */
export function compareNow(request: {
  readonly texts: readonly string[];
  readonly runs: number;
  readonly model: string;
}): Promise<ComparisonRun> {
  return ask('/v1/compare', runSchema, { body: request });
}
