/**
 * Predictions beside measurements where costs and loads are measured in turn. In each of several rounds each rate is
 * loaded, and the capacity is searched; the same search is made on the simulated server at the pace of the round's
 * loads. Figures are medians over the rounds.
 */
import { median } from '../../core/statistics.js';
import { trialOf } from '../capacity/load-trial.js';
import { searchPrecision, secondsEachFor, secondsForClaim } from '../capacity/repeated-search.js';
import { searchCapacity, type Trial } from '../capacity/search.js';
import type { RequestPlan } from '../open-loop/planned-requests.js';
import type { LoadReport } from '../report.js';
import {
  allowedErrors,
  checkRun,
  type Checked,
  type CheckOptions,
  compared,
  paceOfRun,
  simulatedTrial,
  slowed,
} from './check.js';
import { simulatedCapacity } from './simulated-capacity.js';

export interface RoundsOptions {
  readonly rates: readonly number[];
  readonly rounds: number;
  readonly p99BoundMs: number;
  /** Of a load, at least. */
  readonly seconds: number;
  /** Before it, by its rate. */
  readonly warmupSecondsAt: (rate: number) => number;
  readonly seed: number;
  /** Measures the costs for a while, and says what they are by all turns so far. */
  readonly costs: () => Promise<CheckOptions>;
  readonly load: (plan: RequestPlan, rate: number) => Promise<LoadReport>;
}

/** Of a search, which starts at what is predicted. */
const step = 1.25;
/** Requests of the simulation that says where the search starts. */
const simulatedRequests = 10_000;

export async function comparedRounds(options: RoundsOptions): Promise<Checked[]> {
  const { rates, rounds, seed, costs } = options;
  const byRate = rates.map((rate): { rate: number; reports: LoadReport[] } => ({ rate, reports: [] }));
  const searches: ((known: CheckOptions) => Promise<Checked[]>)[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const known = await costs();
    const loads: LoadReport[] = [];
    for (const { rate, reports } of byRate) {
      const plan = planAt(rate, options.seconds, options.warmupSecondsAt(rate), seed + round);
      const report = await options.load(plan, rate);
      reports.push(report);
      loads.push(report);
    }
    searches.push(await searchedCapacity({ ...options, seed: seed + round }, known, loads));
  }
  const known = await costs();
  const capacities = await Promise.all(searches.map((searched) => searched(known)));
  return [
    ...byRate.flatMap(({ reports }) =>
      mediansOf(reports.map((report, round) => checkRun(`round ${round + 1}`, report, known))),
    ),
    ...mediansOf(capacities.filter(({ length }) => length > 0)),
  ];
}

/** Of the same figures, round by round. */
export function mediansOf(rounds: readonly (readonly Checked[])[]): Checked[] {
  const [first = []] = rounds;
  return first.map(({ what, unit, allowed }, place) => {
    const those = rounds.flatMap((figures) => figures[place] ?? []);
    const [predicted, measured] = (['predicted', 'measured'] as const).map((side) =>
      median(those.map((figure) => figure[side])),
    );
    return compared(`${those.length} rounds`, what, unit, predicted ?? NaN, measured ?? NaN, allowed);
  });
}

/**
 * Searches now; predicts when the costs are known. Nothing where no rate keeps the bound.
 * @param before loads of the same round: where a load stalls for a moment, its batches grow and its runs look slow, so the
 *   pace is the median of many
 */
async function searchedCapacity(
  { p99BoundMs, seconds, warmupSecondsAt, seed, load }: RoundsOptions,
  { costs, replica }: CheckOptions,
  before: readonly LoadReport[],
): Promise<(known: CheckOptions) => Promise<Checked[]>> {
  const { rate: start } = simulatedCapacity({
    costs,
    replica,
    p99BoundMs,
    seed,
    requests: simulatedRequests,
  });
  const search = async (trialAt: (plan: RequestPlan, rate: number) => Promise<Trial>) => {
    let loads = 0;
    const { rate } = await searchCapacity({
      load: (at) => {
        const enough = Math.max(secondsEachFor(seconds, p99BoundMs), secondsForClaim(at));
        return trialAt(planAt(at, enough, warmupSecondsAt(at), seed + loads++), at);
      },
      start,
      step,
      precision: searchPrecision,
      onTrial: () => undefined,
    });
    return rate;
  };
  const reports: LoadReport[] = [];
  const measured = await search(async (plan, rate) => {
    const report = await load(plan, rate);
    reports.push(report);
    return trialOf(report, { rate, p99BoundMs });
  });
  if (measured === null) return () => Promise.resolve([]);
  return async (known) => {
    const paces = [...before, ...reports].flatMap((report) =>
      report.kind === 'open-loop' ? paceOfRun(report, known) : [],
    );
    const atPace = { ...known, costs: slowed(known.costs, median(paces)) };
    const predict = (options: CheckOptions) =>
      search((plan, rate) => Promise.resolve(simulatedTrial(plan, rate, p99BoundMs, options)));
    const where = `${reports.length} loads`;
    const what = `capacity at p99 <= ${p99BoundMs} ms`;
    return [
      compared(where, `${what}, by the costs alone`, 'req/s', (await predict(known)) ?? 0, measured, null),
      compared(where, what, 'req/s', (await predict(atPace)) ?? 0, measured, allowedErrors.capacity),
    ];
  };
}

function planAt(rate: number, seconds: number, warmupSeconds: number, seed: number): RequestPlan {
  const stages = [{ seconds, from: rate, to: rate }];
  return { stages, arrivals: 'poisson', seed, warmupSeconds };
}
