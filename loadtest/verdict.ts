/** Whether a run can be believed, and whether it kept what it had to keep. */
import { fail, type RetortError } from '../core/errors.js';
import type { RunResult } from './measurement.js';
import { offered } from './outcome.js';
import type { Threshold } from './thresholds.js';

/** The first thing that fails the run; null when nothing does. */
export function verdict(
  { measured, ended }: RunResult,
  { maxLagMs, thresholds }: { readonly maxLagMs: number | null; readonly thresholds: readonly Threshold[] },
): RetortError | null {
  const requests = offered(measured.outcomes);
  const lagMs = measured.lagMs?.p99 ?? (ended === 'generator-late' ? Infinity : 0);
  if (ended === 'generator-late' || (maxLagMs !== null && lagMs > maxLagMs)) {
    const sent = requests / Math.max(measured.durationSeconds, 1e-3);
    return fail('loadtest_generator_late', {
      lag: Number.isFinite(lagMs) ? `${lagMs.toFixed(1)} ms` : 'more than a second',
      limit: maxLagMs ?? 1000,
      rate: sent.toFixed(0),
    });
  }
  // A closed loop has no times at which requests are due: those of a silent server are on their way at the end.
  if (requests === 0 && ended === 'complete')
    return fail('loadtest_nothing_measured', { what: maxLagMs === null ? 'was answered' : 'was due' });
  if (requests > 0 && (measured.outcomes.ok ?? 0) === 0 && ended !== 'interrupted')
    return fail('loadtest_nothing_succeeded', { requests });
  if (ended === 'server-gone') return fail('loadtest_server_gone', {});
  for (const { written, crossedBy } of thresholds) {
    const value = crossedBy(measured);
    if (value !== null) return fail('loadtest_threshold_crossed', { threshold: written, value });
  }
  return null;
}
