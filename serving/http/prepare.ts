/** What every HTTP answer carries, whichever way its request is dispatched: an id and the headers of a careful server. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers are data: no browser may run, frame, guess or keep them. The page of the documentation allows itself more. */
const headers: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
  ['Cache-Control', 'no-store'],
];

const oneYearSeconds = 31_536_000;

export function prepare(request: IncomingMessage, response: ServerResponse, isEncrypted: boolean): void {
  response.setHeader('X-Request-Id', requestIdOf(request.headers['x-request-id']));
  for (const [name, value] of headers) response.setHeader(name, value);
  if (isEncrypted) response.setHeader('Strict-Transport-Security', `max-age=${String(oneYearSeconds)}`);
}

/** The client's own name for its request where that is a printable word, or a new one. */
export function requestIdOf(given: unknown): string {
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID();
}
