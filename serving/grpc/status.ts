/** Kinds of errors as statuses of gRPC: the one place that knows both. */
import { status } from '@grpc/grpc-js';
import type { ErrorKind } from '../../core/errors.js';

export const grpcStatusOf: Readonly<Record<ErrorKind, status>> = {
  usage: status.INTERNAL,
  invalid: status.INVALID_ARGUMENT,
  malformed: status.INVALID_ARGUMENT,
  too_large: status.RESOURCE_EXHAUSTED,
  headers_too_large: status.RESOURCE_EXHAUSTED,
  unsupported_media: status.INVALID_ARGUMENT,
  method_not_allowed: status.UNIMPLEMENTED,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  overloaded: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  slow: status.DEADLINE_EXCEEDED,
  corrupt: status.UNAVAILABLE,
  internal: status.INTERNAL,
};
