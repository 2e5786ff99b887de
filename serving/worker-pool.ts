/** A model version's worker threads: started, fed from the queue, replaced when they die. */
import { Worker } from 'node:worker_threads';
import { fail } from '../core/errors.js';
import { endWorker } from './end-worker.js';
import type { Entry, RequestQueue } from './queue.js';
import type { PoolMessage, WorkerData, WorkerMessage } from './worker-protocol.js';

export interface WorkerPoolOptions {
  readonly folder: string;
  readonly size: number;
  readonly intraOpThreads: number;
  readonly queue: RequestQueue;
  readonly onBatch: (rows: number) => void;
  readonly onDeath: (reason: string) => void;
}

interface Slot {
  readonly worker: Worker;
  ready: boolean;
  /** What the worker runs now; empty when it is free. */
  running: readonly Entry[];
}

/** How often in a row a replacement may die before it is ready; then the pool is broken. */
const attemptsToStart = 3;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<Slot>();
  #closing = false;
  #failedStarts = 0;
  /** Of the network's embedding table: ids must lie below. */
  vocabularySize = 0;
  warnings: readonly string[] = [];

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** @throws RetortError model_refused when a worker cannot load the bundle */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      await Promise.all(Array.from({ length: options.size }, () => pool.#spawn()));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Workers that are loaded. */
  get readyWorkers(): number {
    return [...this.#slots].filter(({ ready }) => ready).length;
  }

  /** Gives waiting entries to free workers. */
  dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.running.length > 0) continue;
      const entries = this.#options.queue.take();
      if (entries.length === 0) return;
      slot.running = entries;
      this.#options.onBatch(entries.length);
      const items = entries.map(({ item }) => item);
      slot.worker.postMessage({ kind: 'run', items } satisfies PoolMessage);
    }
  }

  /** Ends the workers, each after the batch that it runs. */
  async close(): Promise<void> {
    this.#closing = true;
    const end: PoolMessage = { kind: 'end' };
    await Promise.all([...this.#slots].map(({ worker }) => endWorker(worker, end)));
  }

  #spawn(): Promise<void> {
    const { folder, intraOpThreads } = this.#options;
    const workerData: WorkerData = { folder, intraOpThreads };
    const slot: Slot = {
      worker: new Worker(new URL('./worker.js', import.meta.url), { workerData }),
      ready: false,
      running: [],
    };
    this.#slots.add(slot);
    return new Promise((resolve, reject) => {
      let reason = 'it ended';
      slot.worker.on('message', (message: WorkerMessage) => {
        switch (message.kind) {
          case 'ready':
            slot.ready = true;
            this.#failedStarts = 0;
            this.vocabularySize = message.vocabularySize;
            this.warnings = message.warnings;
            resolve();
            this.dispatch();
            break;
          case 'refused':
            reason = message.error.message;
            reject(fail('model_refused', { path: folder, reason }));
            break;
          case 'done':
            this.#finish(slot, (entries) => {
              this.#options.queue.answer(entries, message.predictions, message);
            });
            break;
          case 'failed':
            this.#finish(slot, (entries) => {
              this.#options.queue.refuse(
                entries,
                fail('session_run_failed', { reason: message.error.message }),
              );
            });
            break;
        }
      });
      slot.worker.on('error', (error: unknown) => {
        reason = error instanceof Error ? error.message : String(error);
      });
      slot.worker.on('exit', () => {
        this.#slots.delete(slot);
        reject(fail('model_refused', { path: folder, reason }));
        if (!this.#closing) this.#replace(slot, reason);
      });
    });
  }

  #finish(slot: Slot, report: (entries: readonly Entry[]) => void): void {
    const entries = slot.running;
    slot.running = [];
    // The next batch first: the worker computes while the main thread writes answers.
    this.dispatch();
    report(entries);
  }

  #replace(slot: Slot, reason: string): void {
    const { folder, queue, onDeath } = this.#options;
    onDeath(reason);
    queue.retry(slot.running, fail('worker_died', { reason }));
    if (!slot.ready) this.#failedStarts += 1;
    if (this.#failedStarts < attemptsToStart) {
      this.#spawn().catch(() => {
        // Its exit is handled where every worker's is.
      });
    } else if (this.#slots.size === 0) {
      queue.close(fail('model_refused', { path: folder, reason }));
    }
  }
}
