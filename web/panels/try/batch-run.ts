/** The batch that is shown: its reviews, and the rows that are labelled so far. */
import { signal } from '@preact/signals';
import { asFailure, isAbort, type RequestFailure } from '../../api/client.js';
import { type BatchRequest, labelAll, type Row } from './batch.js';

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

type Batch = Omit<BatchRequest, 'signal' | 'onRows'>;

let stopping = new AbortController();
let batch: Batch | null = null;

export async function startBatch(started: Batch): Promise<void> {
  rows.length = 0;
  batch = started;
  await resumeBatch();
}

/** Goes on behind the rows that are labelled, with the reviews and the model that it was started with. */
export async function resumeBatch(): Promise<void> {
  if (batch === null) return;
  stopping = new AbortController();
  const { reviews, ...rest } = batch;
  const before = rows.length;
  const started = performance.now();
  const report = () => {
    const seconds = (performance.now() - started) / 1000;
    progress.value = {
      kind: 'running',
      done: rows.length,
      total: reviews.length,
      rowsPerSecond: (rows.length - before) / seconds,
    };
  };
  report();
  const onRows = (more: readonly Row[]) => {
    rows.push(...more);
    report();
  };
  try {
    await labelAll({ ...rest, reviews: reviews.slice(before), signal: stopping.signal, onRows });
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
  batch = null;
  progress.value = { kind: 'idle' };
}
