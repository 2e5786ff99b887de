/** The way of every request to the models and back. */
import { fail } from '../../core/errors.js';
import type { Item } from '../predictor.js';
import type { GoneSignal } from '../gone-signal.js';
import type { ServingContext } from './context.js';
import type { Inferred, InferenceCall } from './service.js';
import type { Timeline } from './timeline.js';

/** What an edge knows of a request beside its content. */
export interface Call {
  /** A canary's share is drawn by it. */
  readonly requestId: string;
  /** What the client allows; null for the server's own limit. */
  readonly timeoutMs: number | null;
  /** Aborted when the client is gone: what still waits is dropped. */
  readonly signal: GoneSignal;
  readonly timeline: Timeline;
}

/** The smaller of two limits that a client may set, in milliseconds; null where it sets none. */
export function shorterOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Of one request, as the models have to keep them. */
type CallLimits = Pick<Call, 'requestId' | 'signal'> & Pick<InferenceCall, 'deadlineMs'>;

/** What a request says of the models that it asks. */
export type Asked = Pick<InferenceCall, 'model' | 'version' | 'cascade'>;

/** @throws RetortError server_draining, of the registry and of the queue */
export function submit(
  context: ServingContext,
  items: readonly Item[],
  asked: Asked,
  call: Call,
): Promise<Inferred> {
  const { model, version, cascade = false } = asked;
  return timed(context, call, ({ requestId, deadlineMs, signal }) =>
    context.inference.infer({ model, version, cascade, items, requestId, deadlineMs, signal }),
  );
}

/** Runs `work` within the request's deadline, and notes its stages. */
export async function timed<T extends Pick<Inferred, 'times'>>(
  { limits, refusing }: ServingContext,
  { requestId, timeoutMs, signal, timeline }: Call,
  work: (limits: CallLimits) => Promise<T>,
): Promise<T> {
  if (refusing) throw fail('server_draining', {});
  const submittedMs = performance.now();
  const deadlineMs = submittedMs + Math.min(timeoutMs ?? Infinity, limits.deadlineMs);
  const inferred = await work({ requestId, deadlineMs, signal });
  const { queueMs, batchWaitMs, tokenizeMs, inferMs } = inferred.times;
  timeline.addInOrder(submittedMs, [
    ['queue', queueMs],
    ['batch_wait', batchWaitMs],
    ['tokenize', tokenizeMs],
    ['infer', inferMs],
  ]);
  return inferred;
}
