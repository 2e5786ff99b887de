/** What every HTTP answer carries, whichever way its request is dispatched: an id and the headers of a careful server. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestIdOf } from '../request-id.js';

/** Answers are data: no browser may run, frame, guess or keep them. The page of the documentation allows itself more. */
const headers: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
  ['Cache-Control', 'no-store'],
];

const oneYearSeconds = 31_536_000;

export interface Preparation {
  readonly isEncrypted: boolean;
  /** The connection's client is told to go elsewhere with what comes next. */
  readonly isLeaving: boolean;
}

export function prepare(
  request: IncomingMessage,
  response: ServerResponse,
  { isEncrypted, isLeaving }: Preparation,
): void {
  response.setHeader('X-Request-Id', requestIdOf(request.headers['x-request-id']));
  for (const [name, value] of headers) response.setHeader(name, value);
  if (isLeaving) response.setHeader('Connection', 'close');
  if (isEncrypted) response.setHeader('Strict-Transport-Security', `max-age=${String(oneYearSeconds)}`);
}
