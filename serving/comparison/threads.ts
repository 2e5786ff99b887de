/** Unequal threads make no comparison: an engine that cannot use as many as the others is left out. */
import { fail } from '../../core/errors.js';

/** @throws RetortError comparison_engine_threads */
export function requireOneThread(name: string, threads: number): void {
  if (threads !== 1) throw fail('comparison_engine_threads', { name, threads });
}

export function threadCount(threads: number): string {
  return `${String(threads)} thread${threads === 1 ? '' : 's'}`;
}
