/** One run of an open loop in this process. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Progress, RunResult } from '../measurement.js';
import { Recorder } from '../recorder.js';
import { arrivals, totalSeconds, type Stage } from './arrivals.js';
import { systemClock, type GeneratorClock } from './clock.js';
import { Generator } from './generator.js';
import type { Plan } from './protocol.js';
import type { Sender } from './sender.js';

export interface OpenLoopRun {
  readonly result: Promise<RunResult>;
  /** What happened since this was last asked. */
  readonly progress: () => Progress;
  readonly stop: () => void;
}

/** @param requests how many the sender knows; each that is sent is drawn from them */
export function startRun(
  plan: Plan,
  sender: Sender,
  requests: number,
  clock: GeneratorClock = systemClock(),
): OpenLoopRun {
  const stages = withWarmup(plan);
  const warmupMs = 1000 * plan.warmupSeconds;
  const endMs = 1000 * totalSeconds(stages);
  const recorder = new Recorder(warmupMs, endMs);
  const draws = xoroshiro128plus(~plan.seed);
  const generator = new Generator({
    arrivals: arrivals(stages, plan.arrivals, plan.seed),
    nextRequest: () => uniformInt(draws, 0, requests - 1),
    sender,
    recorder,
    clock,
    maxInFlight: plan.maxInFlight,
  });
  const openedBefore = sender.connectionsOpened;
  const cpuBefore = process.cpuUsage();
  const startedMs = clock.now();
  const run = async (): Promise<RunResult> => {
    const { ended, elapsedMs } = await generator.run();
    const { user, system } = process.cpuUsage(cpuBefore);
    const measured = {
      ...recorder.result(ended === 'complete' ? endMs : elapsedMs),
      connectionsOpened: sender.connectionsOpened - openedBefore,
      generatorCores: (user + system) / 1000 / Math.max(1, clock.now() - startedMs),
    };
    return { measured, ended };
  };
  return {
    result: run(),
    progress() {
      const { elapsedMs, inFlight } = generator.state;
      const phase = elapsedMs < warmupMs ? 'warm-up' : 'measure';
      const { outcomes, latencyMs } = recorder.takeRecent();
      return {
        phase,
        elapsedSeconds: Math.min(elapsedMs, endMs) / 1000,
        totalSeconds: endMs / 1000,
        inFlight,
        outcomes,
        latencyMs,
      };
    },
    stop: () => {
      generator.stop();
    },
  };
}

/** The warm-up goes at the first stage's mean rate. */
function withWarmup({ stages, warmupSeconds: seconds }: Plan): Stage[] {
  const [first] = stages;
  if (seconds === 0 || first === undefined) return [...stages];
  const rate = (first.from + first.to) / 2;
  return [{ seconds, from: rate, to: rate }, ...stages];
}
