/** One load of a search for the capacity, and what ends the search instead of being counted. */
import { fail, type RetortError } from '../../core/errors.js';
import { wholeHistogram, type RunResult } from '../measurement.js';
import { failures, offered } from '../outcome.js';
import { verdict } from '../verdict.js';
import type { Trial } from './search.js';

export interface TrialTerms {
  /** Requests a second. */
  readonly rate: number;
  readonly p99BoundMs: number;
  readonly maxLagMs: number;
}

/** Thrown through the search when a load of it is interrupted. */
export class SearchInterrupted extends Error {}

/** How often a rate is loaded at most while the generator, and not the server, is late. */
const attempts = 3;

/** @throws SearchInterrupted; RetortError loadtest_server_gone, loadtest_generator_late */
export async function loadTrial(run: () => Promise<RunResult>, terms: TrialTerms): Promise<Trial> {
  let late: RetortError | null = null;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const result = await run();
    if (result.ended === 'interrupted') throw new SearchInterrupted();
    if (result.ended === 'server-gone') throw fail('loadtest_server_gone', {});
    late = lateness(result, terms);
    if (late === null) return trialOf(result, terms);
  }
  throw late ?? new RangeError('a rate is loaded at least once');
}

/** An overloaded server on the same cores makes the generator late too; the bound is broken without its lag. */
function lateness(result: RunResult, { p99BoundMs, maxLagMs }: TrialTerms): RetortError | null {
  if ((result.measured.latencyFromSendingMs?.p99 ?? 0) > p99BoundMs) return null;
  const failure = verdict(result, { maxLagMs, thresholds: [] });
  return failure?.code === 'loadtest_generator_late' ? failure : null;
}

/** What a load counts for in a search: requests that failed are slow. */
export function trialOf(
  { measured: { outcomes, windows, latencyMs } }: Pick<RunResult, 'measured'>,
  { rate, p99BoundMs }: Omit<TrialTerms, 'maxLagMs'>,
): Trial {
  return {
    rate,
    queries: offered(outcomes),
    slow: wholeHistogram(windows).countAbove(p99BoundMs) + failures(outcomes),
    p99Ms: latencyMs?.p99 ?? null,
  };
}
