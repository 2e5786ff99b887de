/** One run of an open loop in this process. */
import type { Progress, RunResult } from '../measurement.js';
import { Recorder } from '../recorder.js';
import { totalSeconds } from './arrivals.js';
import { systemClock, type GeneratorClock } from './clock.js';
import { Generator } from './generator.js';
import { plannedRequests } from './planned-requests.js';
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
  const { stages, nextDueMs, nextRequest } = plannedRequests(plan, requests);
  const warmupMs = 1000 * plan.warmupSeconds;
  const endMs = 1000 * totalSeconds(stages);
  const recorder = new Recorder(warmupMs, endMs);
  const generator = new Generator({
    arrivals: nextDueMs,
    nextRequest,
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
      ...recorder.result(ended === 'complete' ? endMs : Math.min(endMs, elapsedMs)),
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
