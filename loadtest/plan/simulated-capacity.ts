/** The highest rate that a simulated replica takes within a bound on its p99. */
import type { ServingCosts } from './costs.js';
import { type Replica, simulate, type Simulated, steady } from './simulate.js';

export interface CapacityOptions {
  readonly costs: ServingCosts;
  readonly replica: Replica;
  readonly p99BoundMs: number;
  readonly seed: number;
  /** Requests of each simulation. */
  readonly requests: number;
}

export interface SimulatedCapacity {
  /** Texts a second; 0 where not even a trickle keeps the bound. */
  readonly rate: number;
  /** What the replica does at that rate. */
  readonly at: Simulated;
}

const precision = 0.01;
const lowestRate = 0.1;
const firstRate = 10;

/** Doubles until the bound breaks, then bisects to 1 %. The same seed at every rate: only the rate differs. */
export function simulatedCapacity({
  p99BoundMs,
  seed,
  requests,
  ...options
}: CapacityOptions): SimulatedCapacity {
  const at = (rate: number) => simulate({ ...options, load: steady(rate, requests, seed) });
  const keeps = ({ p99Ms }: Simulated) => p99Ms <= p99BoundMs;
  const trickle = at(lowestRate);
  if (!keeps(trickle)) return { rate: 0, at: trickle };
  let kept = { rate: lowestRate, at: trickle };
  let broken = Infinity;
  while (broken / kept.rate > 1 + precision) {
    const rate = broken === Infinity ? Math.max(firstRate, 2 * kept.rate) : Math.sqrt(kept.rate * broken);
    const found = at(rate);
    if (keeps(found)) kept = { rate, at: found };
    else broken = rate;
  }
  return kept;
}
