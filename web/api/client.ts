/** Requests to the server that the page came from. */
import type * as z from 'zod/mini';
import { keyHeaders } from './key.js';
import { errorSchema } from './schemas.js';

/** What a request ends in when it does not answer: the server's own error, or that there was no answer. */
export class RequestFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

export const OFFLINE = 'offline';
const UNREADABLE = 'answer_unreadable';

const usualPatienceMs = 60_000;

export async function ask<T>(
  path: string,
  schema: z.ZodMiniType<T>,
  {
    body,
    signal,
    patienceMs = usualPatienceMs,
  }: {
    readonly body?: unknown;
    readonly signal?: AbortSignal;
    /** Null for what takes as long as it takes. */
    readonly patienceMs?: number | null;
  } = {},
): Promise<T> {
  const limits = [
    ...(patienceMs === null ? [] : [AbortSignal.timeout(patienceMs)]),
    ...(signal === undefined ? [] : [signal]),
  ];
  const response = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    signal: AbortSignal.any(limits),
    headers: {
      ...keyHeaders(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new RequestFailure(OFFLINE, 'The server does not answer.', 'Is it still running?');
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw failureOf(answer, response.status);
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new RequestFailure(
    UNREADABLE,
    'The answer is not what this page expects.',
    'Reload the page: the server may be newer.',
  );
}

function failureOf(answer: unknown, status: number): RequestFailure {
  const parsed = errorSchema.safeParse(answer);
  if (!parsed.success)
    return new RequestFailure(
      `http_${String(status)}`,
      `The server answered with status ${String(status)}.`,
      '',
    );
  const { code, message, hint } = parsed.data.error;
  return new RequestFailure(code, message, hint);
}

export function asFailure(thrown: unknown): RequestFailure {
  if (thrown instanceof RequestFailure) return thrown;
  return new RequestFailure('page', thrown instanceof Error ? thrown.message : String(thrown), '');
}

export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
