/** Kinds of errors as HTTP statuses: the one place that knows both. */
import type { ErrorKind } from '../../core/errors.js';

export const statusOf: Readonly<Record<ErrorKind, number>> = {
  usage: 500,
  invalid: 422,
  malformed: 400,
  too_large: 413,
  unsupported_media: 415,
  method_not_allowed: 405,
  unauthenticated: 401,
  forbidden: 403,
  slow: 408,
  headers_too_large: 431,
  not_found: 404,
  overloaded: 429,
  unavailable: 503,
  timeout: 504,
  corrupt: 503,
  internal: 500,
};
