/**
 * Requests that a browser sends for a page of another site. It lets such a page post without asking first, and only
 * keeps the answer from it; so what changes something is refused here, by what the browser says of itself.
 * Source: W3C, Fetch Metadata Request Headers, section 2.3 (Sec-Fetch-Site).
 */
import type { IncomingMessage } from 'node:http';

/** @param corsOrigins that may ask: `*` for all */
export function isCrossSite({ method, headers }: IncomingMessage, corsOrigins: readonly string[]): boolean {
  if (method !== 'POST' || headers['sec-fetch-site'] !== 'cross-site') return false;
  const { origin } = headers;
  return !corsOrigins.includes('*') && (origin === undefined || !corsOrigins.includes(origin));
}
