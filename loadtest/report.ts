/** What a load test found: the shape of its JSON file. */
import { readJsonFile } from './json-file.js';
import { z } from 'zod';
import { describeMachine, machineSchema } from '../core/machine.js';
import { measurementSchema, runEnds } from './measurement.js';
import { closedLoopClientNames } from './closed-loop-clients.js';
import { arrivalKinds, stageSchema } from './open-loop/arrivals.js';
import { serverSeenSchema } from './server-watch.js';

export const REPORT_FORMAT = 2;

const common = {
  format: z.literal(REPORT_FORMAT),
  url: z.string(),
  startedAt: z.iso.datetime(),
  warmupSeconds: z.number().nonnegative(),
  /** Different texts, and how many a request carried. */
  texts: z.int().positive(),
  textsPerRequest: z.int().positive(),
  measured: measurementSchema,
  /** The server's own histograms over the same time and the warm-up; null where it has none. */
  serverSeen: serverSeenSchema.nullable(),
  ended: z.enum(runEnds),
  machine: machineSchema,
};

const closedLoopSchema = z.strictObject({
  kind: z.literal('closed-loop'),
  connections: z.int().positive(),
  /** autocannon alone where a report does not say. */
  client: z.enum(closedLoopClientNames).default('autocannon'),
  ...common,
});

const openLoopSchema = z.strictObject({
  kind: z.literal('open-loop'),
  stages: z.array(stageSchema).min(1),
  arrivals: z.enum(arrivalKinds),
  seed: z.int(),
  maxInFlight: z.int().positive(),
  /** The run failed if a hundredth of its requests were sent later than this. */
  maxLagMs: z.number().positive(),
  ...common,
});

export const reportSchema = z.discriminatedUnion('kind', [closedLoopSchema, openLoopSchema]);

export type LoadReport = z.infer<typeof reportSchema>;

/** The conditions that are taken down when a report begins. */
export function reportHead(): Pick<LoadReport, 'format' | 'startedAt' | 'machine'> {
  return { format: REPORT_FORMAT, startedAt: new Date().toISOString(), machine: describeMachine() };
}

/** Texts a second that were answered. */
export function textsPerSecond({ measured, textsPerRequest }: LoadReport): number {
  return measured.requestsPerSecond * textsPerRequest;
}

/** @throws RetortError load_report_missing, load_report_malformed */
export function readReport(path: string): Promise<LoadReport> {
  return readJsonFile(path, reportSchema, {
    missing: 'load_report_missing',
    malformed: 'load_report_malformed',
  });
}
