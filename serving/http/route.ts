/** What a route is; the routes are listed in app.ts. */
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { ServedModel, ModelRegistry } from '../model-registry.js';
import type { Metrics } from '../metrics.js';
import type { Answer } from '../queue.js';
import type { Item } from '../predictor.js';
import { fail } from '../../core/errors.js';

export interface Limits {
  readonly bodyBytes: number;
  readonly textCharacters: number;
  readonly textsPerRequest: number;
  readonly deadlineMs: number;
}

/** What every handler works with. */
export interface ServerContext {
  readonly registry: ModelRegistry;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Called with every text that was answered alone; comparison samples from these. */
  readonly onAnswered: ((model: ServedModel, text: string) => void) | null;
  draining: boolean;
}

export interface Route {
  readonly method: 'get' | 'post';
  /** Express's pattern; also the `route` label of the request counter. */
  readonly path: string;
  readonly handle: (context: ServerContext, request: Request, response: Response) => Promise<void> | void;
}

/** Submits items for a request: its deadline header is read, and a client that hangs up takes its items along. */
export async function submit(
  { limits, metrics }: ServerContext,
  model: ServedModel,
  items: readonly Item[],
  request: Request,
  response: Response,
): Promise<Answer> {
  const asked = Number(request.get('x-request-timeout-ms'));
  const allowedMs = asked > 0 ? Math.min(asked, limits.deadlineMs) : limits.deadlineMs;
  const gone = new AbortController();
  const onClose = () => {
    gone.abort();
  };
  response.once('close', onClose);
  try {
    const deadlineMs = performance.now() + allowedMs;
    const answer = await model.queue.submit({ items, deadlineMs, signal: gone.signal });
    metrics.stage('queue', answer.queueMs);
    metrics.stage('tokenize', answer.tokenizeMs);
    metrics.stage('infer', answer.inferMs);
    return answer;
  } finally {
    response.off('close', onClose);
  }
}

/** @throws RetortError too_many_texts, text_too_long */
export function checkTexts(texts: readonly string[], { textCharacters, textsPerRequest }: Limits): void {
  if (texts.length > textsPerRequest)
    throw fail('too_many_texts', { texts: texts.length, limit: textsPerRequest });
  texts.forEach(({ length }, index) => {
    if (length > textCharacters)
      throw fail('text_too_long', { index, characters: length, limit: textCharacters });
  });
}
