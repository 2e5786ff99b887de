/** A prediction beside what a load test of the same server measured on the same machine. */
import { readFile } from 'node:fs/promises';
import { fail } from '../../core/errors.js';
import { capacityOf, type CapacityReport, capacitySchema } from '../capacity/report.js';
import { searchRepeatedly } from '../capacity/repeated-search.js';
import type { Trial } from '../capacity/search.js';
import type { RequestPlan } from '../open-loop/planned-requests.js';
import { failures, offered } from '../outcome.js';
import { type LoadReport, reportSchema } from '../report.js';
import type { ServingCosts } from './costs.js';
import { meanOfStage } from './mean-of-stage.js';
import { type Replica, simulate, type Simulated } from './simulate.js';

type OpenLoopReport = Extract<LoadReport, { kind: 'open-loop' }>;

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
export const allowedErrors = { p99: 0.25, capacity: 0.1 };
/** Of a run's requests: the measured p99 is of those that succeeded alone. */
const mostFailed = 0.01;
/** A machine is taken to be no slower or faster by more than this since the costs were measured. */
const mostPace = 4;
const pacePrecision = 0.01;

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
    if (capacity.data.ended !== 'complete')
      throw unfit(file, `its search was cut short: ${capacity.data.ended}`);
    return [await checkCapacity(file, capacity.data, options)];
  }
  const run = reportSchema.safeParse(json);
  if (!run.success) throw fail('load_report_malformed', { path: file }, run.error);
  const { ended, measured } = run.data;
  if (ended !== 'complete') throw unfit(file, `it was cut short: ${ended}`);
  const failed = failures(measured.outcomes) / Math.max(1, offered(measured.outcomes));
  if (failed >= mostFailed) throw unfit(file, `${(100 * failed).toFixed(1)} % of its requests failed`);
  return checkRun(file, run.data, options);
}

/** The search for a capacity finds less than the highest rate that keeps the bound, so the same search is simulated. */
async function checkCapacity(file: string, report: CapacityReport, options: CheckOptions): Promise<Checked> {
  const { textsPerRequest, p99BoundMs, capacity: found, seed, secondsEach, searches } = report;
  if (textsPerRequest !== 1) throw unfit(file, `its requests have ${textsPerRequest} texts`);
  if (found === null) throw unfit(file, 'it found no rate that keeps the bound');
  const rates: (number | null)[] = [];
  await searchRepeatedly({
    load: (load, rate) => Promise.resolve(simulatedTrial(load, rate, p99BoundMs, options)),
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

/** One load of a search for the capacity, on the simulated server. */
export function simulatedTrial(
  load: RequestPlan,
  rate: number,
  p99BoundMs: number,
  options: CheckOptions,
): Trial {
  const { fromDueMs } = simulate({ ...options, load, generatorMs: options.costs.generatorMs });
  const slow = fromDueMs.filter((ms) => ms > p99BoundMs).length;
  return { rate, queries: fromDueMs.length, slow, p99Ms: null };
}

/**
 * How fast the machine ran the session during the test is the test's to say: the server's mean of `infer` sets the pace,
 * and latencies are compared at it. What the costs alone say of that mean stands beside it.
 */
export function checkRun(file: string, report: LoadReport, options: CheckOptions): Checked[] {
  if (report.kind !== 'open-loop') throw unfit(file, 'it is of a closed loop');
  const { stages, textsPerRequest, measured } = report;
  if (textsPerRequest !== 1) throw unfit(file, `its requests have ${textsPerRequest} texts`);
  const latency = measured.latencyFromSendingMs;
  if (latency === null) throw unfit(file, 'none of its requests succeeded');
  const at = simulatedAt(report, options);
  const asMeasured = at(1);
  const inferMs = meanOfStage(report, 'infer');
  const predicted = inferMs === null ? asMeasured : at(paceOfRun(report, options));
  const rates = stages.flatMap(({ from, to }) => [from, to]);
  const where = `at ${[...new Set([Math.min(...rates), Math.max(...rates)])].join(' to ')} req/s`;
  return [
    ...(inferMs === null
      ? []
      : [compared(file, `mean run ${where}, by the costs alone`, 'ms', asMeasured.inferMs, inferMs, null)]),
    compared(file, `p50 ${where}`, 'ms', predicted.p50Ms, latency.p50, null),
    compared(file, `p99 ${where}`, 'ms', predicted.p99Ms, latency.p99, allowedErrors.p99),
  ];
}

/** The simulated test, its pace being that of the costs times a factor; more is slower. */
function simulatedAt(report: OpenLoopReport, options: CheckOptions): (factor: number) => Simulated {
  const { generatorCores, durationSeconds, outcomes } = report.measured;
  const generatorMs = (1000 * generatorCores * durationSeconds) / offered(outcomes);
  return (factor) =>
    simulate({ ...options, costs: slowed(options.costs, factor), load: report, generatorMs });
}

/** By what the pace of the costs is to be multiplied, so that runs take what they took in the test; 1 where that is unknown. */
export function paceOfRun(report: OpenLoopReport, options: CheckOptions): number {
  const inferMs = meanOfStage(report, 'infer');
  if (inferMs === null) return 1;
  const at = simulatedAt(report, options);
  let [low, high] = [1 / mostPace, mostPace];
  while (high / low > 1 + pacePrecision) {
    const middle = Math.sqrt(low * high);
    if (at(middle).inferMs < inferMs) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

export function slowed(costs: ServingCosts, factor: number): ServingCosts {
  const { everyMs, factors } = costs.pace;
  return { ...costs, pace: { everyMs, factors: factors.map((one) => one * factor) } };
}

export function compared(
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
