/** What the loaded versions say of themselves when the metrics are read. */
import { readFileSync } from 'node:fs';
import type { ModelRegistry } from '../model-registry.js';
import type { ModelGauges } from './model-metrics.js';

export function readModelGauges(registry: ModelRegistry): ModelGauges[] {
  return registry.labelled.map(({ model: { manifest, queue, pool }, label }) => ({
    model: manifest.name,
    version: manifest.version,
    label,
    provider: pool.facts.provider,
    queueDepth: queue.depth,
    readyWorkers: pool.readyWorkers,
    residentBytes: residentBytesOf(pool.pids),
  }));
}

function residentBytesOf(pids: readonly number[]): number | null {
  let total = 0;
  for (const pid of pids) total += residentBytes(pid);
  return total === 0 ? null : total;
}

/** 0 where the system does not say, as of a process that has just ended. */
function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return 1024 * Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
