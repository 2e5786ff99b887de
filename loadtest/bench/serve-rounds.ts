/** Rounds of bare sessions, one by one and in batches, and of the served route on the same texts, in random order within each round. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededGenerator } from '../../core/random.js';
import { median, pairedRatio } from '../../core/statistics.js';
import { failures } from '../outcome.js';
import { textsPerSecond, type LoadReport } from '../report.js';
import { eventLoopDelay, stagePercentile, type ServerStage } from '../server-stages.js';
import type { BareLoop } from './bare-loop.js';
import type { ServeBench } from './serve-report.js';

export interface RoundsOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly bare: BareLoop;
  readonly load: () => Promise<LoadReport>;
  readonly onProgress?: (line: string) => void;
}

export type RoundsResult = Pick<
  ServeBench,
  | 'rounds'
  | 'servedOverSession'
  | 'servedOverWithTokenizer'
  | 'servedOverBatches'
  | 'latencyMs'
  | 'eventLoopDelayMs'
  | 'notSucceeded'
>;

export async function runRounds({
  rounds,
  seconds,
  seed,
  bare,
  load,
  onProgress,
}: RoundsOptions): Promise<RoundsResult> {
  const bareSession: number[] = [];
  const bareWithTokenizer: number[] = [];
  const bareBatches: number[] = [];
  const reports: LoadReport[] = [];
  const kinds = [
    {
      name: 'bare sessions',
      run: async () => bareSession.push(await bare.measure({ seconds, kind: 'single' })),
    },
    {
      name: 'bare with tokenisation',
      run: async () => bareWithTokenizer.push(await bare.measure({ seconds, kind: 'tokenised' })),
    },
    {
      name: 'bare sessions in batches',
      run: async () => bareBatches.push(await bare.measure({ seconds, kind: 'batches' })),
    },
    { name: 'served over HTTP', run: async () => reports.push(await load()) },
  ];
  const random = seededGenerator(seed);
  for (let round = 0; round < rounds; round++) {
    const waiting = [...kinds];
    while (waiting.length > 0) {
      for (const kind of waiting.splice(uniformInt(random, 0, waiting.length - 1), 1)) {
        onProgress?.(`round ${round + 1}/${rounds}: ${kind.name}`);
        await kind.run();
      }
    }
  }
  const served = reports.map(textsPerSecond);
  const latencies = reports.flatMap(({ measured }) => measured.latencyMs ?? []);
  return {
    rounds: { bareSession, bareWithTokenizer, bareBatches, served },
    servedOverSession: pairedRatio(served, bareSession, { seed }),
    servedOverWithTokenizer: pairedRatio(served, bareWithTokenizer, { seed }),
    servedOverBatches: pairedRatio(served, bareBatches, { seed }),
    latencyMs: {
      p50: median(latencies.map((latency) => latency.p50)),
      p99: median(latencies.map((latency) => latency.p99)),
    },
    eventLoopDelayMs: eventLoopDelayOf(reports),
    notSucceeded: reports.reduce((total, { measured }) => total + failures(measured.outcomes), 0),
  };
}

/** Medians over the rounds; null where the server has no such histogram. */
function eventLoopDelayOf(reports: readonly LoadReport[]): ServeBench['eventLoopDelayMs'] {
  const found = reports.flatMap(({ serverSeen }) => serverSeen?.stages.filter(isEventLoopDelay) ?? []);
  if (found.length === 0) return null;
  const of = (percent: number) => median(found.map((delay) => stagePercentile(delay, percent)));
  return { p50: of(50), p99: of(99) };
}

function isEventLoopDelay({ stage }: ServerStage): boolean {
  return stage === eventLoopDelay;
}
