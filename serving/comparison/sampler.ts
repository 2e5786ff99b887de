/**
 * Live comparison: a share of the texts that are answered alone is run again, by the static graph and by the eager
 * interpreter, in a worker of its own. One sample at a time; while it runs, others are dropped and counted.
 */
import { Worker } from 'node:worker_threads';
import { endWorker } from '../end-worker.js';
import type { Logger } from 'pino';
import type { Estimate } from '../../core/statistics.js';
import type { Metrics } from '../metrics.js';
import { sampleThreads, type SampleMessage, type SampleResult } from './sampler-protocol.js';
import { type ComparisonSummary, summarize } from './summary.js';

export interface SamplerOptions {
  /** In [0, 1]. */
  readonly share: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Samples that the medians are over. */
const window = 256;

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #worker: Worker;
  #busy = false;
  readonly #samples: SampleResult[] = [];
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
      metrics.comparison.dropped.inc();
      return;
    }
    this.#busy = true;
    this.#worker.postMessage({ folder, text } satisfies SampleMessage);
  }

  async close(): Promise<void> {
    await endWorker(this.#worker, null);
  }

  get summary(): ComparisonSummary {
    return summarize(this.#samples, sampleThreads, this.#largestDifference);
  }

  #record(sample: SampleResult): void {
    const { comparison } = this.#options.metrics;
    comparison.seconds.observe({ engine: 'static' }, sample.staticMs / 1000);
    comparison.seconds.observe({ engine: 'eager' }, sample.eagerMs / 1000);
    this.#samples.push(sample);
    if (this.#samples.length > window) this.#samples.shift();
    this.#largestDifference = Math.max(this.#largestDifference, sample.difference);
    comparison.largestDifference.set(this.#largestDifference);
    const { speedup, differenceMs } = this.summary;
    if (speedup !== null) setBounds(comparison.speedup, speedup, 1);
    if (differenceMs !== null) setBounds(comparison.saved, differenceMs, 1 / 1000);
  }
}

function setBounds(
  gauge: Metrics['comparison']['speedup'],
  { estimate, interval: [low, high] }: Estimate,
  unit: number,
): void {
  for (const [bound, value] of Object.entries({ estimate, low, high })) gauge.set({ bound }, value * unit);
}
