/** The highest rate that a simulated replica takes within a bound on its p99. */
import type { ServingCosts } from './costs.js';
import { searchRate } from '../capacity/search-rate.js';
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

const terms = { start: 10, step: 2, precision: 0.01, lowest: 0.1, highest: 1e6 };

/** The same seed at every rate: only the rate differs. */
export function simulatedCapacity({
  p99BoundMs,
  seed,
  requests,
  ...options
}: CapacityOptions): SimulatedCapacity {
  const at = (rate: number) => simulate({ ...options, load: steady(rate, requests, seed) });
  const search = searchRate(terms);
  let kept: SimulatedCapacity = { rate: 0, at: at(terms.lowest) };
  let next = search.next();
  while (next.done !== true) {
    const found = { rate: next.value, at: at(next.value) };
    const isKept = found.at.p99Ms <= p99BoundMs;
    if (isKept) kept = found;
    next = search.next(isKept);
  }
  return kept;
}
