/** What a route is; the routes are listed in app.ts. */
import type { Request, Response } from 'express';
import type { ServingContext } from '../inference/context.js';
import type { Call } from '../inference/submit.js';
import { Timeline } from '../inference/timeline.js';

export interface Route {
  readonly method: 'get' | 'post';
  /** Express's pattern; also the `route` label of the request counter. */
  readonly path: string;
  readonly handle: (context: ServingContext, request: Request, response: Response) => Promise<void> | void;
}

/** A request's deadline header, its client's going, and the time of its stages. */
export function callOf(request: Request, response: Response): Call {
  const asked = Number(request.get('x-request-timeout-ms'));
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  return {
    requestId: response.get('x-request-id') ?? '',
    timeoutMs: asked > 0 ? asked : null,
    signal: gone.signal,
    timeline: new Timeline(),
  };
}

/** Writes the answer, and counts its stages. */
export function finish(
  { metrics }: ServingContext,
  { timeline }: Call,
  response: Response,
  body: unknown,
): void {
  response.json(body);
  for (const { stage, startMs, endMs } of timeline.stages) metrics.stage(stage, endMs - startMs);
  metrics.stage('total', performance.now() - timeline.startedMs);
}
