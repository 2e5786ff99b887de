/** The reports of load tests that the server was given a folder of. */
import * as z from 'zod/mini';
import { ask } from './client.js';

const listSchema = z.object({
  reports: z.array(z.object({ name: z.string(), modifiedAt: z.string() })),
});

const latencySchema = z.object({
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  p99_9: z.number(),
  max: z.number(),
});

const outcomesSchema = z.record(z.string(), z.number());

const reportSchema = z.object({
  kind: z.enum(['closed-loop', 'open-loop']),
  url: z.string(),
  startedAt: z.string(),
  warmupSeconds: z.number(),
  texts: z.number(),
  textsPerRequest: z.number(),
  ended: z.string(),
  connections: z.optional(z.number()),
  arrivals: z.optional(z.string()),
  measured: z.object({
    durationSeconds: z.number(),
    requestsPerSecond: z.number(),
    outcomes: outcomesSchema,
    latencyMs: z.nullable(latencySchema),
    windows: z.array(
      z.object({ second: z.number(), outcomes: outcomesSchema, latencyMs: z.nullable(latencySchema) }),
    ),
  }),
  machine: z.looseObject({}),
});

export type LoadReport = z.infer<typeof reportSchema>;
export type ReportName = z.infer<typeof listSchema>['reports'][number];

/** Newest first. @throws RequestFailure reports_off where the server was given no folder */
export async function listReports(): Promise<readonly ReportName[]> {
  return (await ask('/v1/load-reports', listSchema)).reports;
}

export function readReport(name: string): Promise<LoadReport> {
  return ask(`/v1/load-reports/${encodeURIComponent(name)}`, reportSchema);
}
