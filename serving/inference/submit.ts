/** The way of every request into a model's queue and back. */
import { fail } from '../../core/errors.js';
import type { ServedModel } from '../model-registry.js';
import type { Item } from '../predictor.js';
import type { Answer } from '../queue.js';
import type { ServingContext } from './context.js';
import type { Timeline } from './timeline.js';

/** What an edge knows of a request beside its content. */
export interface Call {
  /** What the client allows; null for the server's own limit. */
  readonly timeoutMs: number | null;
  /** Aborted when the client is gone: what still waits is dropped. */
  readonly signal: AbortSignal;
  readonly timeline: Timeline;
}

/** @throws RetortError server_draining and those of the queue */
export async function submit(
  { limits, draining }: ServingContext,
  model: ServedModel,
  items: readonly Item[],
  { timeoutMs, signal, timeline }: Call,
): Promise<Answer> {
  if (draining) throw fail('server_draining', {});
  const submittedMs = performance.now();
  const deadlineMs = submittedMs + Math.min(timeoutMs ?? Infinity, limits.deadlineMs);
  const answer = await model.queue.submit({ items, deadlineMs, signal });
  timeline.addInOrder(submittedMs, [
    ['queue', answer.queueMs],
    ['tokenize', answer.tokenizeMs],
    ['infer', answer.inferMs],
  ]);
  return answer;
}
