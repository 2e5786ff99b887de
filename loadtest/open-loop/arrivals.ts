/** When requests are due: a seeded Poisson process, or constant distances, whose rate may change over time. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { z } from 'zod';
import { seededGenerator } from '../../core/random.js';

/** The rate goes from `from` to `to`, in a straight line. Requests a second. */
export const stageSchema = z.strictObject({
  seconds: z.number().positive(),
  from: z.number().nonnegative(),
  to: z.number().nonnegative(),
});
export type Stage = z.infer<typeof stageSchema>;

export const arrivalKinds = ['poisson', 'constant'] as const;
export type ArrivalKind = (typeof arrivalKinds)[number];

/** Milliseconds from the start, ascending; Infinity when all stages are over. */
export type Arrivals = () => number;

/**
 * The k-th request is due where the integral of the rate reaches the k-th event of a process of rate 1: its events lie
 * at 0, 1, 2, … (constant) or at sums of Exp(1) (Poisson).
 */
export function arrivals(stages: readonly Stage[], kind: ArrivalKind, seed: number): Arrivals {
  const random = seededGenerator(seed);
  const step = kind === 'constant' ? () => 1 : () => -Math.log1p(-uniformFloat64(random));
  let event = kind === 'constant' ? 0 : step();
  let stage = 0;
  let before = 0; // integral of the rate over the stages that are past
  let startMs = 0;
  return () => {
    for (let current = stages[stage]; current !== undefined; current = stages[++stage]) {
      const { seconds, from, to } = current;
      const offered = ((from + to) / 2) * seconds;
      if (event < before + offered) {
        const due = startMs + 1000 * timeOf(event - before, current);
        event += step();
        return due;
      }
      before += offered;
      startMs += 1000 * seconds;
    }
    return Infinity;
  };
}

export function totalSeconds(stages: readonly Stage[]): number {
  return stages.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The t with from t + (to - from) t² / (2 seconds) = area, without cancellation for a rate that hardly changes. */
function timeOf(area: number, { seconds, from, to }: Stage): number {
  if (area === 0) return 0;
  const slope = (to - from) / seconds;
  return (2 * area) / (from + Math.sqrt(Math.max(0, from ** 2 + 2 * slope * area)));
}
