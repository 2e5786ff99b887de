/** Errors as replies: `{error: {code, message, hint, request_id}}`, and for the protocol v2 `{error: string}`. */
import { type RetortError, toRetortError, fail } from '../../core/errors.js';
import type { Reply } from './route.js';
import { statusOf } from './status.js';

export function errorReply(error: RetortError, path: string, requestId: string): Reply {
  const { code, message, hint } = error.toJSON();
  return {
    status: statusOf[error.kind],
    headers: {
      'x-error-code': code,
      ...(error.kind === 'overloaded' ? { 'retry-after': String(error.details.seconds ?? 1) } : {}),
      ...(error.kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: isV2(path)
      ? { error: `${message} ${hint}` }
      : { error: { code, message, hint, request_id: requestId } },
  };
}

/** What express's router throws of itself is a path that cannot be decoded. */
export function asRetortError(thrown: unknown): RetortError {
  return thrown instanceof URIError ? fail('path_malformed', {}, thrown) : toRetortError(thrown);
}

function isV2(path: string): boolean {
  return /^\/v2(?:[/?]|$)/.test(path);
}
