/** The batch that is shown: its reviews, and the rows that are labelled so far. */
import { signal } from '@preact/signals';
import { asFailure, isAbort, type RequestFailure } from '../../api/client.js';
import type { Limits } from '../../api/schemas.js';
import { labelAll, type Row } from './batch.js';

export type Progress =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'running';
      readonly done: number;
      readonly total: number;
      readonly rowsPerSecond: number;
    }
  | { readonly kind: 'ended'; readonly failure: RequestFailure | null };

export const progress = signal<Progress>({ kind: 'idle' });

/** Grows while a batch runs; `progress` says when to look again. */
export const rows: Row[] = [];

let stopping = new AbortController();

export async function startBatch(
  reviews: readonly string[],
  { model, limits, tooLong }: { readonly model: string; readonly limits: Limits; readonly tooLong: string },
): Promise<void> {
  stopping = new AbortController();
  rows.length = 0;
  const started = performance.now();
  const report = () => {
    const seconds = (performance.now() - started) / 1000;
    progress.value = {
      kind: 'running',
      done: rows.length,
      total: reviews.length,
      rowsPerSecond: rows.length / seconds,
    };
  };
  report();
  const onRows = (more: readonly Row[]) => {
    rows.push(...more);
    report();
  };
  try {
    await labelAll({ reviews, model, limits, tooLong, signal: stopping.signal, onRows });
    progress.value = { kind: 'ended', failure: null };
  } catch (thrown) {
    progress.value = { kind: 'ended', failure: isAbort(thrown) ? null : asFailure(thrown) };
  }
}

export function stopBatch(): void {
  stopping.abort();
}

export function clearBatch(): void {
  stopBatch();
  rows.length = 0;
  progress.value = { kind: 'idle' };
}
