/** A comparison that somebody asks for: bounded in number and time, one at a time, in the sampler's kind of worker. */
import { Worker } from 'node:worker_threads';
import { fail } from '../../core/errors.js';
import { reasonOf } from '../../core/reason-of.js';
import { endWorker } from '../end-worker.js';
import type { GoneSignal } from '../gone-signal.js';
import {
  type SampledModel,
  sampleMessage,
  type SampleMessage,
  type SampleReply,
  type SampleResult,
  sampleThreads,
} from './sampler-protocol.js';
import { type ComparisonSummary, summarize } from './summary.js';

export interface ComparisonRun {
  readonly summary: ComparisonSummary;
  /** In the order in which they ran; fewer than asked for where the deadline came first. */
  readonly pairs: readonly SampleResult[];
}

export interface ComparisonCall {
  readonly texts: readonly string[];
  /** Of each text. */
  readonly runs: number;
  /** On `performance.now()`. */
  readonly deadlineMs: number;
  /** Aborted when the client is gone. */
  readonly signal?: Pick<GoneSignal, 'aborted'> | undefined;
}

export class OnDemandComparison {
  #worker: Worker | null = null;
  #busy = false;
  #closed = false;

  /**
   * @throws RetortError comparison_busy; comparison_failed where the network cannot be run eagerly; server_draining once
   * it is closed
   */
  async run(
    model: SampledModel,
    { texts, runs, deadlineMs, signal }: ComparisonCall,
  ): Promise<ComparisonRun> {
    if (this.#busy) throw fail('comparison_busy', {});
    this.#busy = true;
    try {
      const pairs: SampleResult[] = [];
      for (let run = 0; run < runs; run += 1) {
        for (const [place, text] of texts.entries()) {
          if (signal?.aborted === true || (pairs.length > 0 && performance.now() >= deadlineMs)) break;
          if (this.#closed) throw fail('server_draining', {});
          pairs.push(await this.#sample(sampleMessage(model, text, (run + place) % 2 === 0)));
        }
      }
      const largest = Math.max(...pairs.map(({ difference }) => difference));
      return { summary: summarize(pairs, sampleThreads, largest), pairs };
    } finally {
      this.#busy = false;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#worker !== null) await endWorker(this.#worker, null);
  }

  #sample(message: SampleMessage): Promise<SampleResult> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const ended = (reason: string) => {
        if (this.#worker === worker) this.#worker = null;
        reject(this.#closed ? fail('server_draining', {}) : fail('comparison_failed', { reason }));
      };
      const onError = (error: unknown) => {
        ended(reasonOf(error));
      };
      const onExit = () => {
        ended('its worker ended');
      };
      worker.once('message', (reply: SampleReply) => {
        worker.off('error', onError).off('exit', onExit);
        if ('failed' in reply) reject(fail('comparison_failed', { reason: reply.failed }));
        else resolve(reply);
      });
      worker.once('error', onError).once('exit', onExit);
      worker.postMessage(message);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./sampler-worker.js', import.meta.url));
    worker.unref();
    return worker;
  }
}
