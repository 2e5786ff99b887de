/** What paired samples of static and eager execution say: medians with their intervals. */
import { type Estimate, fewestForInterval, medianWithInterval } from '../../core/statistics.js';
import type { SampleResult } from './sampler-protocol.js';

export interface ComparisonSummary {
  /** Pairs that the figures below are over. */
  readonly samples: number;
  /** Of each engine. */
  readonly threads: number;
  /** Medians with 95 % intervals, as all estimates; null while there are too few pairs for an interval. */
  readonly staticMs: Estimate | null;
  readonly eagerMs: Estimate | null;
  /** Eager over static time, and eager less static time in milliseconds, pair by pair. */
  readonly speedup: Estimate | null;
  readonly differenceMs: Estimate | null;
  /** Largest |difference| of a logit, of older pairs of the same bundle too. */
  readonly largestLogitDifference: number;
}

export function summarize(
  samples: readonly SampleResult[],
  threads: number,
  largestLogitDifference: number,
): ComparisonSummary {
  const estimate = (value: (sample: SampleResult) => number) =>
    samples.length < fewestForInterval ? null : medianWithInterval(samples.map(value));
  return {
    samples: samples.length,
    threads,
    staticMs: estimate(({ staticMs }) => staticMs),
    eagerMs: estimate(({ eagerMs }) => eagerMs),
    speedup: estimate(({ staticMs, eagerMs }) => eagerMs / staticMs),
    differenceMs: estimate(({ staticMs, eagerMs }) => eagerMs - staticMs),
    largestLogitDifference,
  };
}
