/** The requests of an open loop: when each is due and which of those that are known it sends, the same for one seed. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededGenerator } from '../../core/random.js';
import { type Arrivals, arrivals, type Stage } from './arrivals.js';
import type { Plan } from './protocol.js';

/** Of a plan, what says which requests come when. */
export type RequestPlan = Pick<Plan, 'stages' | 'arrivals' | 'seed' | 'warmupSeconds'>;

export interface PlannedRequests {
  /** With the warm-up, which comes first. */
  readonly stages: readonly Stage[];
  readonly nextDueMs: Arrivals;
  /** The place of the next request among `known`. */
  readonly nextRequest: () => number;
}

export function plannedRequests(plan: RequestPlan, known: number): PlannedRequests {
  const stages = withWarmup(plan);
  const draws = seededGenerator(~plan.seed);
  return {
    stages,
    nextDueMs: arrivals(stages, plan.arrivals, plan.seed),
    nextRequest: () => uniformInt(draws, 0, known - 1),
  };
}

/** The warm-up goes at the first stage's mean rate. */
function withWarmup({ stages, warmupSeconds: seconds }: RequestPlan): Stage[] {
  const [first] = stages;
  if (seconds === 0 || first === undefined) return [...stages];
  const rate = (first.from + first.to) / 2;
  return [{ seconds, from: rate, to: rate }, ...stages];
}
