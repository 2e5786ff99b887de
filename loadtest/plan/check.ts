/** A prediction beside what a load test of the same server measured on the same machine. */
import { readFile } from 'node:fs/promises';
import { fail } from '../../core/errors.js';
import { capacitySchema } from '../capacity/report.js';
import { offered } from '../outcome.js';
import { type LoadReport, reportSchema } from '../report.js';
import type { ServingCosts } from './costs.js';
import { type Replica, simulate } from './simulate.js';
import { simulatedCapacity } from './simulated-capacity.js';

export interface Checked {
  readonly file: string;
  readonly what: string;
  readonly unit: 'ms' | 'req/s';
  readonly predicted: number;
  readonly measured: number;
  /** predicted / measured - 1. */
  readonly error: number;
  /** The largest error that is allowed; null for a figure that only informs. */
  readonly allowed: number | null;
}

export interface CheckOptions {
  readonly costs: ServingCosts;
  readonly replica: Replica;
  readonly seed: number;
  readonly requests: number;
}

/** Of a p99, and of a capacity. */
const allowedErrors = { p99: 0.25, capacity: 0.1 };

/**
 * The generator's processor time counts, since it shared the cores.
 * @throws RetortError load_report_missing, load_report_malformed, plan_check_unfit
 */
export async function check(file: string, options: CheckOptions): Promise<Checked[]> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fail('load_report_missing', { path: file }, error);
  });
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw fail('load_report_malformed', { path: file }, error);
  }
  const capacity = capacitySchema.safeParse(json);
  if (capacity.success) {
    const { textsPerRequest, p99BoundMs, capacity: found } = capacity.data;
    if (textsPerRequest !== 1) throw unfit(file, `its requests have ${textsPerRequest} texts`);
    if (found === null) throw unfit(file, 'it found no rate that keeps the bound');
    const { generatorMs } = options.costs;
    const { rate } = simulatedCapacity({ ...options, p99BoundMs, generatorMs });
    const what = `capacity at p99 <= ${p99BoundMs} ms`;
    return [compared(file, what, 'req/s', rate, found.median, allowedErrors.capacity)];
  }
  const run = reportSchema.safeParse(json);
  if (!run.success) throw fail('load_report_malformed', { path: file }, run.error);
  return checkRun(file, run.data, options);
}

function checkRun(file: string, report: LoadReport, options: CheckOptions): Checked[] {
  if (report.kind !== 'open-loop') throw unfit(file, 'it is of a closed loop');
  const { stages, textsPerRequest, arrivals, measured } = report;
  const [{ from: rate, to } = { from: 0, to: 0 }] = stages;
  if (stages.length !== 1 || rate !== to) throw unfit(file, 'its rate changes');
  if (arrivals !== 'poisson') throw unfit(file, 'its arrivals are not those of a Poisson process');
  if (textsPerRequest !== 1) throw unfit(file, `its requests have ${textsPerRequest} texts`);
  const latency = measured.latencyFromSendingMs;
  if (latency === null) throw unfit(file, 'none of its requests succeeded');
  const sent = offered(measured.outcomes);
  const generatorMs = (1000 * measured.generatorCores * measured.durationSeconds) / sent;
  const predicted = simulate({ ...options, rate, generatorMs });
  const at = `at ${rate} req/s`;
  return [
    compared(file, `p50 ${at}`, 'ms', predicted.p50Ms, latency.p50, null),
    compared(file, `p99 ${at}`, 'ms', predicted.p99Ms, latency.p99, allowedErrors.p99),
  ];
}

function compared(
  file: string,
  what: string,
  unit: Checked['unit'],
  predicted: number,
  measured: number,
  allowed: number | null,
): Checked {
  return { file, what, unit, predicted, measured, error: predicted / measured - 1, allowed };
}

function unfit(path: string, reason: string): Error {
  return fail('plan_check_unfit', { path, reason });
}
