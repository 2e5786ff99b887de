/** When each stage of one request began and ended: what the stage histograms and the spans of a trace are made of. */
import type { Stage } from '../metrics.js';

export interface TimedStage {
  readonly stage: Stage;
  /** On `performance.now()`. */
  readonly startMs: number;
  readonly endMs: number;
}

export class Timeline {
  readonly startedMs = performance.now();
  readonly stages: TimedStage[] = [];

  add(stage: Stage, startMs: number, endMs: number): void {
    this.stages.push({ stage, startMs, endMs });
  }

  /** Times what runs on this thread. */
  measure<T>(stage: Stage, run: () => T): T {
    const startMs = performance.now();
    const result = run();
    this.add(stage, startMs, performance.now());
    return result;
  }

  /** Stages that follow one another from a time on, by their lengths in milliseconds. */
  addInOrder(startMs: number, durations: readonly (readonly [Stage, number])[]): void {
    let from = startMs;
    for (const [stage, durationMs] of durations) {
      this.add(stage, from, from + durationMs);
      from += durationMs;
    }
  }
}
