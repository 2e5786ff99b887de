/** Twice as many requests as a server can answer: what of its goodput is left, and how soon the others are refused. */
import { median, pairedRatio } from '../../../core/statistics.js';
import { findPeak } from './peak.js';
import { failed, mebibytes, type Scenario, type Stage } from './scenario.js';
import { loadWatched, medianOfKnown } from './watched-load.js';

const factor = 2;

export const overload: Scenario = {
  summary: 'goodput at twice the peak rate, latency of refusals, memory, whose processor time',
  async run(stage) {
    const peak = await findPeak(stage);
    const before = await stage.served.residentBytes();
    const rounds = [];
    for (let round = 0; round < stage.rounds; round++) rounds.push(await measure(stage, peak.offered, round));
    const after = await stage.served.residentBytes();
    const kept = pairedRatio(
      rounds.map((one) => one.overloaded),
      rounds.map((one) => one.atPeak),
      { seed: stage.seed },
    );
    const refusedP99Ms = median(rounds.flatMap(({ refusedMs }) => refusedMs?.p99 ?? []));
    const result = { peak, rounds, kept, refusedP99Ms, residentBytes: { before, after } };
    const [low, high] = kept.interval;
    const other = rounds.flatMap(({ others }) => Object.entries(others.by));
    return {
      result,
      lines: [
        `peak                ${peak.goodput.toFixed(0)} answers/s, at ${peak.offered.toFixed(0)} requests/s offered`,
        `at the peak's rate  ${rounds.map(({ atPeak }) => atPeak.toFixed(0)).join(', ')} answers/s`,
        `at twice that rate  ${rounds.map(({ overloaded }) => overloaded.toFixed(0)).join(', ')} answers/s: ${(100 * kept.estimate).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`,
        `refused (429)       p50 ${median(rounds.flatMap(({ refusedMs }) => refusedMs?.p50 ?? [])).toFixed(1)} ms, p99 ${refusedP99Ms.toFixed(1)} ms from sending, of ${String(rounds.reduce((sum, { refused }) => sum + refused, 0))}`,
        `otherwise failed    ${other.length === 0 ? 'none' : other.map(([kind, count]) => `${kind} × ${String(count)}`).join(', ')}`,
        `resident memory     ${mebibytes(before)} before, ${mebibytes(after)} after`,
        `main thread         ${coresLine(rounds.map(({ mainCores }) => mainCores))}`,
        `generator           ${coresLine(rounds.map(({ generatorCores }) => generatorCores))}, lag p99 ${median(rounds.flatMap(({ lagMs }) => lagMs?.p99 ?? [])).toFixed(1)} ms`,
      ],
    };
  },
};

async function measure(stage: Stage, rate: number, round: number) {
  const { rounds, onProgress } = stage;
  const seeded = { ...stage, seed: stage.seed + round };
  onProgress(`round ${String(round + 1)}/${String(rounds)}: the peak's rate`);
  const atPeak = await loadWatched(seeded, rate);
  onProgress(`round ${String(round + 1)}/${String(rounds)}: twice the peak's rate`);
  const overloaded = await loadWatched(seeded, factor * rate);
  const { '429': refused = 0, ...others } = overloaded.measured.outcomes;
  return {
    atPeak: atPeak.measured.requestsPerSecond,
    overloaded: overloaded.measured.requestsPerSecond,
    refused,
    refusedMs: overloaded.measured.refusedLatencyMs,
    others: failed(others),
    lagMs: overloaded.measured.lagMs,
    generatorCores: {
      atPeak: atPeak.measured.generatorCores,
      overloaded: overloaded.measured.generatorCores,
    },
    mainCores: { atPeak: atPeak.mainCores, overloaded: overloaded.mainCores },
  };
}

interface Cores {
  readonly atPeak: number | null;
  readonly overloaded: number | null;
}

/** What is on the same cores as the workers and grows with the rate. */
function coresLine(rounds: readonly Cores[]): string {
  const of = (values: readonly (number | null)[]) => medianOfKnown(values)?.toFixed(2) ?? 'unknown';
  const [atPeak, overloaded] = [rounds.map((one) => one.atPeak), rounds.map((one) => one.overloaded)];
  return `${of(atPeak)} cores at the peak's rate, ${of(overloaded)} at twice that rate`;
}
