/** What a load test found: the shape of its JSON file, and the same as text. */
import { z } from 'zod';
import { machineLine, machineSchema } from '../core/machine.js';

export const REPORT_FORMAT = 1;

export const reportSchema = z.strictObject({
  format: z.literal(REPORT_FORMAT),
  kind: z.literal('closed-loop'),
  url: z.string(),
  startedAt: z.iso.datetime(),
  /** What was measured, without the warm-up. */
  durationSeconds: z.number().nonnegative(),
  warmupSeconds: z.number().nonnegative(),
  connections: z.int().positive(),
  /** Different texts that were sent in rotation, and how many a request carried. */
  texts: z.int().positive(),
  textsPerRequest: z.int().positive(),
  /** `succeeded` counts 2xx answers. */
  requests: z.strictObject({ answered: z.int().nonnegative(), succeeded: z.int().nonnegative() }),
  /** Of 2xx answers. */
  throughput: z.strictObject({ requestsPerSecond: z.number(), textsPerSecond: z.number() }),
  /** Of 2xx answers, send to last byte; null when there was none. */
  latencyMs: z
    .strictObject({ p50: z.number(), p90: z.number(), p97_5: z.number(), p99: z.number(), max: z.number() })
    .nullable(),
  /** Answers by HTTP status. */
  statuses: z.record(z.string(), z.int().positive()),
  /** Requests without an answer. */
  errors: z.strictObject({ connection: z.int().nonnegative(), timeout: z.int().nonnegative() }),
  ended: z.enum(['complete', 'interrupted', 'server-gone']),
  machine: machineSchema,
});

export type LoadReport = z.infer<typeof reportSchema>;

export function renderReport(report: LoadReport): string {
  const { latencyMs, requests, throughput } = report;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const refused = requests.answered - requests.succeeded;
  const lines = [
    `${report.url}${endings[report.ended]}`,
    `throughput  ${throughput.requestsPerSecond.toFixed(1)} req/s, ${throughput.textsPerSecond.toFixed(1)} texts/s`,
    latencyMs === null
      ? 'latency     no request succeeded'
      : `latency     p50 ${ms(latencyMs.p50)}, p90 ${ms(latencyMs.p90)}, p97.5 ${ms(latencyMs.p97_5)}, ` +
        `p99 ${ms(latencyMs.p99)}, max ${ms(latencyMs.max)}`,
    `answers     ${requests.answered}: ${statusLine(report.statuses)}; ${refused} not 2xx`,
    `no answer   ${report.errors.connection} connection errors, ${report.errors.timeout} timeouts`,
    `conditions  closed loop, ${report.connections} connections, ${report.durationSeconds.toFixed(1)} s after ` +
      `${report.warmupSeconds} s of warm-up, ${report.texts} texts, ${report.textsPerRequest} a request; throughput ` +
      'and latency of 2xx answers',
    `machine     ${machineLine(report.machine)}`,
  ];
  return lines.join('\n');
}

const endings: Readonly<Record<LoadReport['ended'], string>> = {
  complete: '',
  interrupted: ' (interrupted: what was measured until then)',
  'server-gone': ' (stopped early: the server no longer takes connections)',
};

function statusLine(statuses: LoadReport['statuses']): string {
  const parts = Object.entries(statuses).map(([status, count]) => `${status} x ${count}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
