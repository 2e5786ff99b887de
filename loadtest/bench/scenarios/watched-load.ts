/** A load, and what the server says and takes meanwhile. */
import { median } from '../../../core/statistics.js';
import type { RunResult } from '../../measurement.js';
import {
  difference,
  eventLoopDelay,
  scrapeStages,
  type ServerStage,
  stagePercentile,
} from '../../server-stages.js';
import { loadAt, type Stage } from './scenario.js';

export interface WatchedLoad {
  readonly measured: RunResult['measured'];
  /** Cores that the server's own process took, warm-up included; null where the system does not say. */
  readonly mainCores: number | null;
  /** The same of its workers, all together. */
  readonly workerCores: number | null;
  /** How late the server's main thread ran what was due, p99, warm-up included; null where the server does not say. */
  readonly eventLoopDelayP99Ms: number | null;
}

export async function loadWatched(stage: Stage, rate: number): Promise<WatchedLoad> {
  const { served } = stage;
  const read = async () => {
    const stages = await scrapeStages(served.target);
    const [main, workers] = await Promise.all([served.processorSeconds(), served.workerProcessorSeconds()]);
    return { stages, main, workers, atMs: performance.now() };
  };
  const before = await read();
  const { measured } = await loadAt(stage, rate);
  const after = await read();
  const seconds = (after.atMs - before.atMs) / 1000;
  const cores = (from: number | null, to: number | null) =>
    from === null || to === null ? null : (to - from) / seconds;
  return {
    measured,
    mainCores: cores(before.main, after.main),
    workerCores: cores(before.workers, after.workers),
    eventLoopDelayP99Ms: delayP99(difference(before.stages, after.stages)),
  };
}

/** Of several loads; null where none of them says. */
export function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : median(known);
}

function delayP99(stages: readonly ServerStage[] | null): number | null {
  const delay = stages?.find(({ stage }) => stage === eventLoopDelay);
  return delay === undefined ? null : stagePercentile(delay, 99);
}
