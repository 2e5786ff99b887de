/** What a server's main thread and its workers say to each other. Plain JSON values: processes exchange them too. */
import { type ErrorCode, RetortError, toRetortError } from '../../core/errors.js';
import type { SessionSettings } from '../session-settings.js';
import type { Item, PredictionBatch } from '../predictor.js';

export interface WorkerSetup {
  readonly folder: string;
  /** Of the bundle that the pool serves: another one in its folder is refused. */
  readonly manifestSha256: string;
  /** Whether the worker compares the files with the manifest; it need not where the server does while it loads. */
  readonly checkFiles: boolean;
  readonly intraOpThreads: number;
  readonly session: SessionSettings;
  /** Whether a process goes behind others from the beginning, as beside a version that answers, or once it is ready. */
  readonly yieldsAtOnce: boolean;
  /** A process that holds more than this between two batches asks to be replaced; null for no ceiling. */
  readonly memoryCeilingBytes: number | null;
}

/**
 * `prepare`: a load is likely to follow with this setup; the worker opens the model, and answers when it is asked to load.
 * `end`: after the batches that it was sent, the worker closes its session and ends.
 */
export type PoolMessage =
  | { readonly kind: 'prepare'; readonly setup: WorkerSetup }
  | { readonly kind: 'load'; readonly setup: WorkerSetup }
  | { readonly kind: 'run'; readonly items: readonly Item[] }
  | { readonly kind: 'end' };

/** An error as it crosses threads: RetortErrors lose their class on the way. */
export interface ThrownMessage {
  readonly code: ErrorCode;
  readonly details: RetortError['details'];
}

export function sentError(thrown: unknown): ThrownMessage {
  const { code, details } = toRetortError(thrown);
  return { code, details };
}

export function receivedError({ code, details }: ThrownMessage): RetortError {
  return new RetortError(code, details);
}

export interface WorkerFacts {
  readonly vocabularySize: number;
  readonly warnings: readonly string[];
  /** A row's logits depend on its batch-mates, so rows are run one by one. */
  readonly rowByRow: boolean;
  /** The execution provider in use. */
  readonly provider: string;
  /** Of the variant that is served. */
  readonly precision: string;
  /** That holds the variant, by the manifest. */
  readonly file: string;
}

export type WorkerMessage =
  | ({ readonly kind: 'ready' } & WorkerFacts)
  | { readonly kind: 'refused'; readonly error: ThrownMessage }
  | ({ readonly kind: 'done' } & PredictionBatch)
  | { readonly kind: 'failed'; readonly error: ThrownMessage }
  | { readonly kind: 'memory_exceeded'; readonly bytes: number };
