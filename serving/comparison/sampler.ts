/**
 * Live comparison: a share of the texts that are answered alone is run again, by the static graph and by the eager
 * interpreter, in a worker of its own; figures are kept by model, of the bundle that was sampled last. One sample at a
 * time; while it runs, others are dropped and counted.
 */
import { Worker } from 'node:worker_threads';
import { endWorker } from '../end-worker.js';
import type { Logger } from 'pino';
import { FOREIGN_NETWORK } from '../../core/bundle/manifest.js';
import { reasonOf } from '../../core/reason-of.js';
import type { Estimate } from '../../core/statistics.js';
import type { Metrics } from '../metrics.js';
import {
  keyOf,
  type SampledModel,
  sampleMessage,
  type SampleReply,
  type SampleResult,
  sampleThreads,
} from './sampler-protocol.js';
import { type ComparisonSummary, summarize } from './summary.js';

export interface SamplerOptions {
  /** In [0, 1]. */
  readonly share: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Samples of a model that its medians are over. */
const window = 256;

interface Asked {
  readonly model: string;
  /** Of its bundle. */
  readonly key: string;
}

interface Samples {
  /** Of the bundle that they are of. */
  readonly key: string;
  readonly latest: SampleResult[];
  largestDifference: number;
}

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #worker: Worker;
  #busy = false;
  /** What the latest sample is of. */
  #asked: Asked = { model: '', key: '' };
  /** The bundles that cannot be compared. */
  readonly #passedOver = new Set<string>();
  readonly #samples = new Map<string, Samples>();

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL('./sampler-worker.js', import.meta.url));
    this.#worker.unref();
    this.#worker.on('message', (reply: SampleReply) => {
      this.#busy = false;
      if ('failed' in reply) this.#passOver(this.#asked, reply.failed);
      else this.#record(this.#asked, reply);
    });
    this.#worker.on('error', (error: unknown) => {
      // Stays busy: a comparison whose worker is gone is switched off, the server goes on.
      this.#busy = true;
      options.logger.error({ reason: reasonOf(error) }, 'the live comparison stopped');
    });
  }

  /** A text that was answered alone by the model. Of a network that is known by its graph alone there is no eager form. */
  offer(model: SampledModel, text: string): void {
    const { share, random, metrics } = this.#options;
    const { name, network } = model.manifest;
    if (network.kind === FOREIGN_NETWORK || random() >= share) return;
    const message = sampleMessage(model, text, random() < 0.5);
    const key = keyOf(message);
    if (this.#passedOver.has(key)) return;
    if (this.#busy) {
      metrics.comparison.dropped.inc({ model: name });
      return;
    }
    this.#busy = true;
    this.#asked = { model: name, key };
    this.#worker.postMessage(message);
  }

  async close(): Promise<void> {
    await endWorker(this.#worker, null);
  }

  /** @param model null for none */
  summaryOf(model: string | null): ComparisonSummary {
    const { latest, largestDifference } = this.#samples.get(model ?? '') ?? {
      latest: [],
      largestDifference: 0,
    };
    return summarize(latest, sampleThreads, largestDifference);
  }

  /** By model, of those that were sampled. */
  get summaries(): Readonly<Record<string, ComparisonSummary>> {
    return Object.fromEntries([...this.#samples.keys()].map((model) => [model, this.summaryOf(model)]));
  }

  #passOver({ model, key }: Asked, reason: string): void {
    this.#passedOver.add(key);
    this.#options.logger.warn({ model, reason }, 'the live comparison passes a model over');
  }

  #record({ model, key }: Asked, sample: SampleResult): void {
    const { comparison } = this.#options.metrics;
    comparison.seconds.observe({ model, engine: 'static' }, sample.staticMs / 1000);
    comparison.seconds.observe({ model, engine: 'eager' }, sample.eagerMs / 1000);
    const kept = this.#samples.get(model);
    const samples = kept?.key === key ? kept : { key, latest: [], largestDifference: 0 };
    this.#samples.set(model, samples);
    samples.latest.push(sample);
    if (samples.latest.length > window) samples.latest.shift();
    samples.largestDifference = Math.max(samples.largestDifference, sample.difference);
    comparison.largestDifference.set({ model }, samples.largestDifference);
    const { speedup, differenceMs } = this.summaryOf(model);
    setBounds(comparison.speedup, model, speedup, 1);
    setBounds(comparison.saved, model, differenceMs, 1 / 1000);
  }
}

function setBounds(
  gauge: Metrics['comparison']['speedup'],
  model: string,
  found: Estimate | null,
  unit: number,
): void {
  const bounds = { estimate: found?.estimate, low: found?.interval[0], high: found?.interval[1] };
  for (const [bound, value] of Object.entries(bounds)) {
    if (value === undefined) gauge.remove({ model, bound });
    else gauge.set({ model, bound }, value * unit);
  }
}
