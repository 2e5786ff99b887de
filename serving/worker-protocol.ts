/** What a server's main thread and its workers say to each other. */
import type { Item, PredictionBatch } from './predictor.js';

export interface WorkerData {
  readonly folder: string;
  readonly intraOpThreads: number;
}

/** `end`: after the batch that runs, the worker closes its session and ends. */
export type PoolMessage =
  { readonly kind: 'run'; readonly items: readonly Item[] } | { readonly kind: 'end' };

/** An error as it crosses threads: RetortErrors lose their class on the way. */
export interface ThrownMessage {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export type WorkerMessage =
  | { readonly kind: 'ready'; readonly vocabularySize: number; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly error: ThrownMessage }
  | ({ readonly kind: 'done' } & PredictionBatch)
  | { readonly kind: 'failed'; readonly error: ThrownMessage };
