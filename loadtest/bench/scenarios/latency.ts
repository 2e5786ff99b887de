/** How long answers take at shares of what the server can do: Poisson arrivals, each latency from when its request was due. */
import { type Interval, median, medianEstimate } from '../../../core/statistics.js';
import { findPeak } from './peak.js';
import { failed, type Scenario, type Stage } from './scenario.js';
import { loadWatched, medianOfKnown } from './watched-load.js';

/** Of the round's capacity. */
const shares = [0.5, 0.7, 0.85];
const percents = shares.map((share) => (100 * share).toFixed(0));

export const latency: Scenario = {
  summary: `latency at ${percents.join(', ')} % of the capacity, the generator's lag, whose processor time`,
  async run(stage) {
    const peak = await findPeak(stage);
    const rounds: Round[] = [];
    for (let round = 0; round < stage.rounds; round++) rounds.push(await measure(stage, peak.offered, round));
    const loads = shares.map((share, place) =>
      summary(
        share,
        rounds.flatMap(({ loads }) => loads[place] ?? []),
      ),
    );
    const capacities = rounds.map(({ capacity }) => capacity);
    return {
      result: { peak, rounds, loads },
      lines: [
        `peak                ${peak.goodput.toFixed(0)} answers/s, at ${peak.offered.toFixed(0)} requests/s offered`,
        `capacity            ${median(capacities).toFixed(0)} answers/s at the peak's rate (rounds: ${listed(capacities, 0)})`,
        ...loads.flatMap(linesOf),
      ],
    };
  },
};

interface Round {
  /** Answers a second at the peak's rate. */
  readonly capacity: number;
  /** One a share. */
  readonly loads: readonly Load[];
}

/**
 * What a machine that others share can do changes from minute to minute, so each round first takes what it answers now,
 * and its loads are shares of that.
 */
async function measure(stage: Stage, peakRate: number, round: number): Promise<Round> {
  const { rounds, seed, onProgress } = stage;
  const seeded = { ...stage, seed: seed + round };
  const said = (what: string) => {
    onProgress(`round ${String(round + 1)}/${String(rounds)}: ${what}`);
  };
  said("the peak's rate");
  const { answered: capacity } = await load(seeded, peakRate);
  const loads: Load[] = [];
  for (const [place, share] of shares.entries()) {
    said(`${percents[place] ?? ''} % of ${capacity.toFixed(0)} answers/s`);
    loads.push(await load(seeded, share * capacity));
  }
  return { capacity, loads };
}

type Load = Awaited<ReturnType<typeof load>>;

async function load(stage: Stage, rate: number) {
  const { measured, ...server } = await loadWatched(stage, rate);
  const { requestsPerSecond: answered, latencyMs, lagMs, generatorCores, outcomes } = measured;
  return { rate, answered, latencyMs, lagMs, failures: failed(outcomes), generatorCores, ...server };
}

function summary(share: number, loads: readonly Load[]) {
  const timed = loads.flatMap(({ latencyMs }) => latencyMs ?? []);
  return {
    share,
    rate: median(loads.map(({ rate }) => rate)),
    answered: median(loads.map(({ answered }) => answered)),
    /** Of each round's percentile: the median, with its interval where there are rounds enough. */
    p50Ms: overRounds(timed.map(({ p50 }) => p50)),
    p99Ms: overRounds(timed.map(({ p99 }) => p99)),
    lagP99Ms: medianOfKnown(loads.map(({ lagMs }) => lagMs?.p99 ?? null)),
    eventLoopDelayP99Ms: medianOfKnown(loads.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms)),
    cores: {
      workers: medianOfKnown(loads.map(({ workerCores }) => workerCores)),
      main: medianOfKnown(loads.map(({ mainCores }) => mainCores)),
      generator: medianOfKnown(loads.map(({ generatorCores }) => generatorCores)),
    },
    failures: loads.reduce((sum, { failures }) => sum + failures.count, 0),
  };
}

interface OverRounds {
  readonly rounds: readonly number[];
  readonly estimate: number;
  readonly interval: Interval | null;
}

function overRounds(rounds: readonly number[]): OverRounds | null {
  return rounds.length === 0 ? null : { rounds, ...medianEstimate(rounds) };
}

function linesOf(load: ReturnType<typeof summary>): string[] {
  const { share, rate, answered, p50Ms, p99Ms, lagP99Ms, eventLoopDelayP99Ms, cores, failures } = load;
  const label = `${(100 * share).toFixed(0)} % of that`.padEnd(20);
  const estimate = (value: OverRounds | null) => {
    if (value === null) return 'unknown';
    const interval = value.interval === null ? '' : ` [${listed(value.interval, 1)}]`;
    return `${value.estimate.toFixed(1)} ms${interval} (rounds: ${listed(value.rounds, 1)})`;
  };
  const known = (value: number | null, digits: number, unit = '') =>
    value === null ? 'unknown' : `${value.toFixed(digits)}${unit}`;
  return [
    `${label}${rate.toFixed(0)} requests/s, ${answered.toFixed(0)} answered, ${String(failures)} failed`,
    `  p50               ${estimate(p50Ms)}`,
    `  p99               ${estimate(p99Ms)}`,
    `  p99 of            generator's lag ${known(lagP99Ms, 1, ' ms')}, event-loop delay ${known(eventLoopDelayP99Ms, 1, ' ms')}`,
    `  cores             workers ${known(cores.workers, 2)}, main process ${known(cores.main, 2)}, generator ${known(cores.generator, 2)}`,
  ];
}

function listed(values: readonly number[], digits: number): string {
  return values.map((value) => value.toFixed(digits)).join(', ');
}
