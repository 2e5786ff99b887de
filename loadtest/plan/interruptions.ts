/**
 * What takes a core from a simulated server now and then: other programs, the kernel, and the host of a virtual machine.
 * It comes by chance, on no core in particular, and weighs more than a worker.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededGenerator } from '../../core/random.js';
import { sum } from '../../core/statistics.js';
import { type Arrivals, arrivals } from '../open-loop/arrivals.js';
import type { SimulatedCores, SimulatedThread } from './cores.js';
import type { ServingCosts } from './costs.js';

/** Keeps them apart from requests, texts and runs. */
const [drawsOfTimes, drawsOfLengths] = [0x3c6ef372, 0x1b873593];

export class Interruptions {
  readonly #cores: SimulatedCores;
  readonly #threads: readonly SimulatedThread[];
  readonly #lengthsMs: readonly number[];
  readonly #next: Arrivals;
  readonly #random;
  #nextMs: number;

  /** @param seconds no more come after them */
  constructor(
    { share, lengthsMs }: ServingCosts['interruptions'],
    cores: SimulatedCores,
    { count, seconds, seed }: { readonly count: number; readonly seconds: number; readonly seed: number },
  ) {
    const rate = lengthsMs.length === 0 ? 0 : (1000 * share * count * lengthsMs.length) / sum(lengthsMs);
    this.#cores = cores;
    this.#threads = Array.from({ length: count }, () => cores.thread());
    this.#lengthsMs = lengthsMs;
    this.#next = arrivals([{ seconds, from: rate, to: rate }], 'poisson', seed ^ drawsOfTimes);
    this.#random = seededGenerator(seed ^ drawsOfLengths);
    this.#nextMs = this.#next();
  }

  /** Takes the simulation to a time, with what comes before it. */
  advance(untilMs: number): void {
    for (; this.#nextMs < untilMs; this.#nextMs = this.#next()) {
      while (this.#cores.advance(this.#nextMs));
      const thread = this.#oneOf(this.#threads);
      const ms = this.#oneOf(this.#lengthsMs);
      if (thread !== undefined && ms !== undefined) this.#cores.run(thread, ms, () => undefined);
    }
    while (this.#cores.advance(untilMs));
  }

  #oneOf<T>(values: readonly T[]): T | undefined {
    return values[uniformInt(this.#random, 0, values.length - 1)];
  }
}
