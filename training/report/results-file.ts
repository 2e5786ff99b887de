/**
 * Results of runs beside the table that is made of them, so that the table outlives the folders of the runs, and runs of
 * several machines stand in one.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { exists } from '../../core/exists.js';
import { fail } from '../../core/errors.js';
import { type Result, resultSchema } from './results.js';

const resultsSchema = z.array(resultSchema);

/** None where there is no such file. @throws RetortError report_results_malformed */
export async function readResults(path: string): Promise<Result[]> {
  if (!(await exists(path))) return [];
  try {
    return resultsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw fail('report_results_malformed', { path }, error);
  }
}

/** In an order that does not depend on when each was run; of the same experiment and seed the newer one. */
export function mergeResults(before: readonly Result[], newer: readonly Result[]): Result[] {
  const byRun = new Map([...before, ...newer].map((result) => [keyOf(result), result]));
  return [...byRun.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const keyOf = ({ experiment, seed }: Result) => `${experiment} ${String(seed).padStart(4, '0')}`;
