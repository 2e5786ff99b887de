/** How a version is run, from a server's configuration to what its workers are told. */
import { usableCores } from '../../core/cpu-quota.js';
import type { ServeConfig } from '../config.js';
import { type SessionSettings, sessionSettingsSchema } from '../session-settings.js';
import type { Isolation } from '../workers/channel.js';
import type { WorkerSetup } from '../workers/protocol.js';

export interface RunSettings {
  readonly workers: number;
  readonly intraOpThreads: number;
  readonly isolation: Isolation;
  readonly heapMegabytes: number;
  readonly memoryCeilingBytes: number | null;
  readonly batchTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly queueCapacity: number;
  readonly largestBatch: number;
  readonly tokenBudget: number;
  readonly session: SessionSettings;
}

export function runSettings({ workers, queue, session, models }: ServeConfig, name: string): RunSettings {
  const own = models?.find((model) => model.name === name);
  return {
    workers: own?.workers ?? workers.count ?? Math.max(1, Math.floor(usableCores() / workers.threads)),
    intraOpThreads: workers.threads,
    isolation: workers.isolation,
    heapMegabytes: workers.heapMegabytes,
    memoryCeilingBytes: workers.memoryMegabytes === null ? null : workers.memoryMegabytes * 2 ** 20,
    batchTimeoutMs: workers.batchTimeoutMs,
    loadTimeoutMs: workers.loadTimeoutMs,
    queueCapacity: queue.capacity,
    largestBatch: queue.largestBatch,
    tokenBudget: queue.tokenBudget,
    session: sessionSettingsSchema.parse({ ...session, ...own?.session }),
  };
}

/** @param isFirst whether nothing of the name answers yet: then the sooner a worker is ready, the better */
export function workerSetup(
  { folder, manifestSha256 }: Pick<WorkerSetup, 'folder' | 'manifestSha256'>,
  { intraOpThreads, session, memoryCeilingBytes }: RunSettings,
  isFirst: boolean,
): Omit<WorkerSetup, 'checkFiles'> {
  return { folder, manifestSha256, intraOpThreads, session, memoryCeilingBytes, yieldsAtOnce: !isFirst };
}
