/** What the loaded versions say of themselves when the metrics are read. */
import { readFileSync } from 'node:fs';
import { processTicks, ticksPerSecond } from '../../core/linux-times.js';
import type { ModelRegistry } from '../model-registry.js';
import type { ModelGauges } from './model-metrics.js';

export function readModelGauges(registry: ModelRegistry): ModelGauges[] {
  return registry.labelled.map(({ model: { manifest, queue, pool }, label }) => ({
    model: manifest.name,
    version: manifest.version,
    label,
    provider: pool.facts.provider,
    precision: pool.facts.precision,
    queueDepth: queue.depth,
    readyWorkers: pool.readyWorkers,
    ...workerUse(pool.pids),
  }));
}

/** Null where the system does not say. */
function workerUse(pids: readonly number[]): Pick<ModelGauges, 'residentBytes' | 'processorSeconds'> {
  let [residentBytes, ticks] = [0, 0];
  for (const pid of pids) {
    residentBytes += 1024 * Number(/^VmRSS:\s*(\d+) kB/m.exec(readProcess(pid, 'status'))?.[1] ?? 0);
    ticks += processTicks(readProcess(pid, 'stat')) ?? 0;
  }
  return {
    residentBytes: residentBytes === 0 ? null : residentBytes,
    processorSeconds: ticks === 0 ? null : ticks / ticksPerSecond,
  };
}

/** Empty where the system does not say, as of a process that has just ended. */
function readProcess(pid: number, file: 'status' | 'stat'): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
