/** Something done to a server again and again while it is loaded at a share of its peak. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResult } from '../../measurement.js';
import { findPeak, type Peak } from './peak.js';
import { loadAt, type Stage } from './scenario.js';

/** Of the peak: room for what the change itself computes. */
const loadShare = 0.5;
/** Longer than any change may take; the load is stopped when the changes are done. */
const longestSeconds = 3600;
/** Before the first change, and after the last. */
const settleMs = 4000;

export interface ChangesUnderLoad {
  readonly peak: Peak;
  /** Requests a second. */
  readonly rate: number;
  /** How long each change took. */
  readonly seconds: readonly number[];
  readonly load: RunResult['measured'];
}

/** @param change is over when its effect is */
export async function changeUnderLoad(
  stage: Stage,
  times: number,
  change: (index: number) => Promise<void>,
  quietMs = settleMs,
): Promise<ChangesUnderLoad> {
  const peak = await findPeak(stage);
  const rate = loadShare * peak.goodput;
  const done = new AbortController();
  const loading = loadAt({ ...stage, seconds: longestSeconds }, rate, done.signal);
  // What ends the load early is told by the load.
  loading.catch(() => undefined);
  const seconds: number[] = [];
  try {
    await sleep(quietMs);
    for (let index = 0; index < times; index++) {
      const started = performance.now();
      await change(index);
      seconds.push((performance.now() - started) / 1000);
    }
    await sleep(quietMs);
  } finally {
    done.abort();
  }
  return { peak, rate, seconds, load: (await loading).measured };
}
