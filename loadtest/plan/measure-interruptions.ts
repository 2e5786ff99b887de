/**
 * What takes the cores from a server beside its load. How much that is, is measured while the server is loaded: the
 * time of all cores, less what they were idle and what the server, its load and this process took. How long a core
 * is away at once shows in threads that do nothing but ask for the time, on all cores.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { median, middlesOfShares } from '../../core/statistics.js';
import type { ServingCosts } from './costs.js';
import { machineTimes, type MachineTimes } from './machine-times.js';
import type { ServerCounters } from './server-counters.js';

/** Lengths that are kept. */
const mostLengths = 200;

export class InterruptionsMeasurement {
  readonly #cores: number;
  #lengthsMs: readonly number[] = [];
  readonly #shares: number[] = [];

  constructor(cores: number) {
    this.#cores = cores;
  }

  /** Nothing else may run meanwhile. */
  async lengths(seconds: number): Promise<void> {
    const threads = Array.from({ length: this.#cores }, async () => {
      const worker = new Worker(new URL('./gap-worker.js', import.meta.url), { workerData: seconds });
      const [gaps] = (await once(worker, 'message')) as [number[]];
      return gaps;
    });
    this.#lengthsMs = [...this.#lengthsMs, ...(await Promise.all(threads)).flat()];
  }

  /** Beside a load. */
  async watch(
    { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
    scrape: () => Promise<ServerCounters>,
  ): Promise<Watched> {
    await sleep(fromMs);
    const before = await readTimes(scrape);
    await sleep(untilMs - fromMs);
    return { before, after: await readTimes(scrape) };
  }

  /** @param generatorCores that the generator of the load kept busy */
  add({ before, after }: Watched, generatorCores: number): void {
    if (before.machine === null || after.machine === null) return;
    const passedMs = after.nowMs - before.nowMs;
    const { cores, idleMs, interruptsMs } = before.machine;
    const restMs = after.machine.idleMs - idleMs + after.machine.interruptsMs - interruptsMs;
    const knownMs = after.knownMs - before.knownMs + generatorCores * passedMs;
    this.#shares.push((cores * passedMs - restMs - knownMs) / (cores * passedMs));
  }

  result(): ServingCosts['interruptions'] {
    const share = this.#shares.length === 0 ? 0 : Math.min(1, Math.max(0, median(this.#shares)));
    return { share, lengthsMs: middlesOfShares(this.#lengthsMs, mostLengths) };
  }
}

interface Times {
  readonly nowMs: number;
  readonly machine: MachineTimes | null;
  /** That the server, its workers and this process took. */
  readonly knownMs: number;
}

export interface Watched {
  readonly before: Times;
  readonly after: Times;
}

async function readTimes(scrape: () => Promise<ServerCounters>): Promise<Times> {
  const counters = await scrape();
  const servedSeconds =
    (counters.get('process_cpu_seconds_total') ?? 0) + (counters.get('retort_worker_cpu_seconds') ?? 0);
  const { user, system } = process.cpuUsage();
  return {
    nowMs: performance.now(),
    machine: await machineTimes(),
    knownMs: 1000 * servedSeconds + (user + system) / 1000,
  };
}
