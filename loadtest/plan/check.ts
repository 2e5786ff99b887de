/** A prediction beside what a load test of the same server measured on the same machine. */
import { readFile } from 'node:fs/promises';
import { fail } from '../../core/errors.js';
import { capacityOf, type CapacityReport, capacitySchema } from '../capacity/report.js';
import { searchRepeatedly } from '../capacity/repeated-search.js';
import { offered } from '../outcome.js';
import { type LoadReport, reportSchema } from '../report.js';
import type { ServingCosts } from './costs.js';
import { type Replica, simulate } from './simulate.js';

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
}

/** Of a p99, and of a capacity. */
const allowedErrors = { p99: 0.25, capacity: 0.1 };

/**
 * The simulated server gets the very load of the test: the same arrivals, and the same texts where it sent those that the
 * costs are of. So what differs is the server, and not chance. The generator's processor time counts, since it shared
 * the cores.
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
    return [await checkCapacity(file, capacity.data, options)];
  }
  const run = reportSchema.safeParse(json);
  if (!run.success) throw fail('load_report_malformed', { path: file }, run.error);
  return checkRun(file, run.data, options);
}

/** The search for a capacity finds less than the highest rate that keeps the bound, so the same search is simulated. */
async function checkCapacity(file: string, report: CapacityReport, options: CheckOptions): Promise<Checked> {
  const { textsPerRequest, p99BoundMs, capacity: found, seed, secondsEach, searches } = report;
  if (textsPerRequest !== 1) throw unfit(file, `its requests have ${textsPerRequest} texts`);
  if (found === null) throw unfit(file, 'it found no rate that keeps the bound');
  const { generatorMs } = options.costs;
  const rates: (number | null)[] = [];
  await searchRepeatedly({
    load: (load, rate) => {
      const { fromDueMs } = simulate({ ...options, load, generatorMs });
      const slow = fromDueMs.filter((ms) => ms > p99BoundMs).length;
      return Promise.resolve({ rate, queries: fromDueMs.length, slow, p99Ms: null });
    },
    repeats: searches.length,
    seed,
    secondsEach,
    onTrial: () => undefined,
    onSearch: ({ rate }) => {
      rates.push(rate);
    },
  });
  const predicted = capacityOf(rates)?.median ?? 0;
  const what = `capacity at p99 <= ${p99BoundMs} ms`;
  return compared(file, what, 'req/s', predicted, found.median, allowedErrors.capacity);
}

function checkRun(file: string, report: LoadReport, options: CheckOptions): Checked[] {
  if (report.kind !== 'open-loop') throw unfit(file, 'it is of a closed loop');
  const { stages, textsPerRequest, measured } = report;
  if (textsPerRequest !== 1) throw unfit(file, `its requests have ${textsPerRequest} texts`);
  const latency = measured.latencyFromSendingMs;
  if (latency === null) throw unfit(file, 'none of its requests succeeded');
  const sent = offered(measured.outcomes);
  const generatorMs = (1000 * measured.generatorCores * measured.durationSeconds) / sent;
  const predicted = simulate({ ...options, load: report, generatorMs });
  const rates = stages.flatMap(({ from, to }) => [from, to]);
  const at = `at ${[...new Set([Math.min(...rates), Math.max(...rates)])].join(' to ')} req/s`;
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
