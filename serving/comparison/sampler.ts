/**
 * Live comparison: a share of the texts that are answered alone is run again, by the static graph and by the eager
 * interpreter, in a worker of its own. One sample at a time; while it runs, others are dropped and counted.
 */
import { Worker } from 'node:worker_threads';
import { endWorker } from '../end-worker.js';
import type { Logger } from 'pino';
import { median } from '../../core/statistics.js';
import type { Metrics } from '../metrics.js';
import type { SampleMessage, SampleResult } from './sampler-protocol.js';

export interface SamplerOptions {
  /** In [0, 1]. */
  readonly share: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Samples that the speed-up is the median of. */
const window = 256;

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #worker: Worker;
  #busy = false;
  readonly #speedups: number[] = [];
  #largestDifference = 0;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL('./sampler-worker.js', import.meta.url));
    this.#worker.unref();
    this.#worker.on('message', (result: SampleResult) => {
      this.#busy = false;
      this.#record(result);
    });
    this.#worker.on('error', (error: unknown) => {
      // Stays busy: a comparison that cannot run is switched off, the server goes on.
      this.#busy = true;
      options.logger.error(
        { reason: error instanceof Error ? error.message : String(error) },
        'the live comparison stopped',
      );
    });
  }

  /** A text that was answered alone by the bundle in `folder`. */
  offer(folder: string, text: string): void {
    const { share, random, metrics } = this.#options;
    if (random() >= share) return;
    if (this.#busy) {
      metrics.comparisonDropped();
      return;
    }
    this.#busy = true;
    this.#worker.postMessage({ folder, text } satisfies SampleMessage);
  }

  async close(): Promise<void> {
    await endWorker(this.#worker, null);
  }

  #record({ staticMs, eagerMs, difference }: SampleResult): void {
    const { metrics } = this.#options;
    metrics.compared('static', staticMs);
    metrics.compared('eager', eagerMs);
    this.#speedups.push(eagerMs / staticMs);
    if (this.#speedups.length > window) this.#speedups.shift();
    this.#largestDifference = Math.max(this.#largestDifference, difference);
    metrics.comparisonSummary(median(this.#speedups), this.#largestDifference);
  }
}
