/** How long answers take at shares of the peak: Poisson arrivals, each latency from when its request was due. */
import { median, medianWithInterval } from '../../../core/statistics.js';
import { findPeak } from './peak.js';
import { failed, type Scenario, type Stage } from './scenario.js';
import { loadWatched } from './watched-load.js';

/** Of the peak's goodput. The peak itself, since what a machine can do may change from minute to minute. */
const shares = [0.5, 0.7, 0.85, 1];

export const latency: Scenario = {
  summary: `latency at ${shares.map((share) => (100 * share).toFixed(0)).join(', ')} % of the peak, the generator's lag, whose processor time`,
  async run(stage) {
    const peak = await findPeak(stage);
    const rounds: Round[] = [];
    for (let round = 0; round < stage.rounds; round++) rounds.push(await measure(stage, peak.goodput, round));
    const loads = shares.map((share, place) =>
      summary(
        share,
        share * peak.goodput,
        rounds.flatMap((round) => round[place] ?? []),
      ),
    );
    return {
      result: { peak, loads, rounds },
      lines: [
        `peak                ${peak.goodput.toFixed(0)} answers/s, at ${peak.offered.toFixed(0)} requests/s offered`,
        ...loads.flatMap(linesOf),
      ],
    };
  },
};

/** One load a share. */
type Round = Awaited<ReturnType<typeof load>>[];

async function measure(stage: Stage, goodput: number, round: number): Promise<Round> {
  const loads: Round = [];
  for (const share of shares) {
    stage.onProgress(
      `round ${String(round + 1)}/${String(stage.rounds)}: ${(100 * share).toFixed(0)} % of the peak`,
    );
    loads.push(await load({ ...stage, seed: stage.seed + round }, share * goodput));
  }
  return loads;
}

async function load(stage: Stage, rate: number) {
  const { measured, ...server } = await loadWatched(stage, rate);
  return {
    answered: measured.requestsPerSecond,
    latencyMs: measured.latencyMs,
    lagMs: measured.lagMs,
    failures: failed(measured.outcomes),
    generatorCores: measured.generatorCores,
    ...server,
  };
}

function summary(share: number, rate: number, loads: Round) {
  const timed = loads.flatMap(({ latencyMs }) => latencyMs ?? []);
  const known = (values: readonly (number | null)[]) => {
    const found = values.filter((value) => value !== null);
    return found.length === 0 ? null : median(found);
  };
  const ofRounds = (values: readonly number[]) => (values.length === 0 ? null : medianWithInterval(values));
  return {
    share,
    rate,
    answered: median(loads.map(({ answered }) => answered)),
    /** Medians over the rounds of each round's percentile, with the interval of that median. */
    p50Ms: ofRounds(timed.map(({ p50 }) => p50)),
    p99Ms: ofRounds(timed.map(({ p99 }) => p99)),
    lagP99Ms: known(loads.map(({ lagMs }) => lagMs?.p99 ?? null)),
    eventLoopDelayP99Ms: known(loads.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms)),
    cores: {
      workers: known(loads.map(({ workerCores }) => workerCores)),
      main: known(loads.map(({ mainCores }) => mainCores)),
      generator: known(loads.map(({ generatorCores }) => generatorCores)),
    },
    failures: loads.reduce((sum, { failures }) => sum + failures.count, 0),
  };
}

function linesOf(load: ReturnType<typeof summary>): string[] {
  const { share, rate, answered, p50Ms, p99Ms, lagP99Ms, eventLoopDelayP99Ms, cores, failures } = load;
  const estimate = (value: typeof p50Ms) =>
    value === null
      ? 'unknown'
      : `${value.estimate.toFixed(1)} [${value.interval.map((bound) => bound.toFixed(1)).join(', ')}] ms`;
  const of = (value: number | null, digits: number, unit = '') =>
    value === null ? 'unknown' : `${value.toFixed(digits)}${unit}`;
  return [
    `${(100 * share).toFixed(0).padStart(3)} % of the peak   ${rate.toFixed(0)} requests/s, ${answered.toFixed(0)} answered: p50 ${estimate(p50Ms)}, p99 ${estimate(p99Ms)}, ${String(failures)} failed`,
    `${' '.repeat(20)}lag p99 ${of(lagP99Ms, 1, ' ms')}, event-loop delay p99 ${of(eventLoopDelayP99Ms, 1, ' ms')}; cores: workers ${of(cores.workers, 2)}, main process ${of(cores.main, 2)}, generator ${of(cores.generator, 2)}`,
  ];
}
