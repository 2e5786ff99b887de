/** One loaded version of a model: its queue and its workers. */
import path from 'node:path';
import type { Logger } from 'pino';
import { longestRow } from '../../core/bundle/longest-row.js';
import type { Manifest } from '../../core/bundle/manifest.js';
import { type Bundle, MANIFEST_FILE, openBundle } from '../../core/bundle/read.js';
import type { BundleAddress } from '../../core/bundle/repository.js';
import { fail } from '../../core/errors.js';
import type { Clock } from '../clock.js';
import type { Metrics } from '../metrics.js';
import { RequestQueue } from '../scheduler/queue.js';
import type { SpareProcess } from '../workers/channel.js';
import { WorkerPool } from '../workers/pool.js';
import { type RunSettings, workerSetup } from './run-settings.js';

export interface ServedModel {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly queue: RequestQueue;
  readonly pool: WorkerPool;
}

/** Of the first load, when nothing serves yet: then the sooner a version answers, the better. */
export interface FirstLoad {
  readonly spare: SpareProcess | null;
}

export interface StartContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Ends a load that is under way. */
  readonly signal: AbortSignal;
}

/**
 * Loads a version off to the side: files checked, every worker warm, logits as the golden ones.
 * @throws RetortError of the bundle; bundle_malformed where it is another one than its folders say; model_refused when a
 * worker cannot load it; load_timeout
 */
export async function startModel(
  { folder, name, version }: BundleAddress,
  settings: RunSettings,
  { clock, logger, metrics, signal }: StartContext,
  firstLoad: FirstLoad | null = null,
): Promise<ServedModel> {
  const { scheduler } = metrics;
  const model = name;
  const { manifest, manifestSha256 } = await openPlaced({ folder, name, version }).catch((error: unknown) => {
    firstLoad?.spare?.child.kill('SIGKILL');
    throw error;
  });
  let pool: WorkerPool | null = null;
  const queue = new RequestQueue({
    capacity: settings.queueCapacity,
    largestBatch: settings.largestBatch,
    tokenBudget: settings.tokenBudget,
    longestRow: longestRow(manifest),
    clock,
    workers: () => pool?.readyWorkers ?? 1,
    onWaiting: () => pool?.dispatch(),
    onDeadlineMissed: () => {
      scheduler.deadlineMisses.inc({ model });
    },
  });
  const starting = WorkerPool.start({
    setup: workerSetup({ folder, manifestSha256 }, settings, firstLoad !== null),
    size: settings.workers,
    firstIsEnough: firstLoad !== null,
    spare: firstLoad?.spare ?? null,
    isolation: settings.isolation,
    heapMegabytes: settings.heapMegabytes,
    batchTimeoutMs: settings.batchTimeoutMs,
    loadTimeoutMs: settings.loadTimeoutMs,
    signal,
    queue,
    clock,
    onBatch: ({ entries, reason }) => {
      scheduler.batchRows.observe({ model }, entries.length);
      scheduler.batches.inc({ model, reason });
    },
    onComputed: (computed, needed) => {
      scheduler.tokens.inc({ model }, needed);
      scheduler.paddingTokens.inc({ model }, computed - needed);
    },
    onDeath: (reason, cause, hint) => {
      scheduler.workerRestarts.inc({ model, cause });
      logger.error({ model, version, reason, cause, hint }, 'a worker is replaced');
    },
  });
  // The files are hashed while the workers load; neither alone makes the version ready.
  const [checked, started] = await Promise.allSettled([openBundle(folder, { manifestSha256 }), starting]);
  if (started.status === 'rejected' || checked.status === 'rejected') {
    if (started.status === 'fulfilled') await started.value.close();
    throw checked.status === 'rejected' ? checked.reason : (started as PromiseRejectedResult).reason;
  }
  pool = started.value;
  for (const warning of pool.facts.warnings) logger.warn({ model, version }, warning);
  return { manifest, folder, queue, pool };
}

/** Requests ask for a version by its folders, and answers name the manifest's: they must be the same. */
async function openPlaced({ folder, name, version }: BundleAddress): Promise<Bundle> {
  const bundle = await openBundle(folder, { checkFiles: false });
  const { manifest } = bundle;
  if (manifest.name === name && manifest.version === version) return bundle;
  const reason = `it is of ${manifest.name} ${manifest.version}, and lies in the folders of ${name} ${version}`;
  throw fail('bundle_malformed', { path: path.join(folder, MANIFEST_FILE), reason });
}

/** Waits until every request of the version is answered, at most until the deadline, then ends its workers. */
export async function drainModel(
  { queue, pool }: ServedModel,
  clock: Clock,
  withinMs: number,
): Promise<void> {
  const deadline = clock.now() + withinMs;
  while (queue.openRequests > 0 && clock.now() < deadline)
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 20));
  queue.close(fail('server_draining', {}));
  await pool.close();
}
