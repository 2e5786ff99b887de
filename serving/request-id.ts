/** How a request is called in answers and logs. */
import { randomUUID } from 'node:crypto';

/** The client's own name for its request where that is a printable word, or a new one. */
export function requestIdOf(given: unknown): string {
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID();
}
