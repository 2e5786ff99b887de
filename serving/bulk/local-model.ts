/** A bundle's worker pool without a server: bulk work goes the way that requests go. */
import { longestRow } from '../../core/bundle/longest-row.js';
import { openBundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import { systemClock } from '../clock.js';
import type { Prediction } from '../predictor.js';
import { RequestQueue } from '../scheduler/queue.js';
import { defaultSessionSettings } from '../session-settings.js';
import { WorkerPool } from '../workers/pool.js';

export interface LocalModel {
  /** Predictions of the texts, in order. @throws RetortError of the workers */
  predict(texts: readonly string[]): Promise<readonly Prediction[]>;
  close(): Promise<void>;
}

export interface LocalModelOptions {
  readonly folder: string;
  readonly workers: number;
  /** Texts that may be with the model at once. */
  readonly capacity: number;
}

/** setTimeout's longest, 24 days: bulk work has no deadline. */
const noDeadlineMs = 2 ** 31 - 1;

/** @throws RetortError of the bundle, model_refused */
export async function openLocalModel({ folder, workers, capacity }: LocalModelOptions): Promise<LocalModel> {
  const { manifest, manifestSha256 } = await openBundle(folder);
  let pool: WorkerPool | null = null;
  const queue = new RequestQueue({
    capacity,
    largestBatch: 32,
    tokenBudget: 4096,
    longestRow: longestRow(manifest),
    clock: systemClock,
    onWaiting: () => pool?.dispatch(),
  });
  pool = await WorkerPool.start({
    setup: {
      folder,
      manifestSha256,
      intraOpThreads: 1,
      session: defaultSessionSettings,
      memoryCeilingBytes: null,
      yieldsAtOnce: false,
    },
    firstIsEnough: true,
    size: workers,
    isolation: 'process',
    heapMegabytes: 512,
    batchTimeoutMs: 600_000,
    loadTimeoutMs: 600_000,
    queue,
    clock: systemClock,
    onBatch: () => undefined,
    onDeath: () => undefined,
  });
  return {
    predict: async (texts) => {
      const items = texts.map((text) => ({ text }));
      const deadlineMs = systemClock.now() + noDeadlineMs - 1000;
      return (await queue.submit({ items, deadlineMs })).predictions;
    },
    async close() {
      queue.close(fail('server_draining', {}));
      await pool.close();
    },
  };
}
