/** The CPU time that a container's control group grants, in cores. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/**
 * cgroup v2's cpu.max (`<quota> <period>` in microseconds, or `max <period>`), or v1's pair of files.
 * @returns null where there is no quota
 */
export function cpuQuota(root = '/sys/fs/cgroup'): number | null {
  const [quota, period] =
    numbersIn(path.join(root, 'cpu.max')) ??
    [
      numbersIn(path.join(root, 'cpu', 'cpu.cfs_quota_us')),
      numbersIn(path.join(root, 'cpu', 'cpu.cfs_period_us')),
    ].map((found) => found?.[0] ?? NaN);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

/** Whole cores that this process may keep busy, at least one. */
export function usableCores(root?: string): number {
  const cores = availableParallelism();
  return Math.max(1, Math.min(cores, Math.floor(cpuQuota(root) ?? cores)));
}

function numbersIn(file: string): number[] | null {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/).map(Number);
  } catch {
    return null;
  }
}
