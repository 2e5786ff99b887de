/** Requests to the server that the page came from. */
import type * as z from 'zod/mini';
import type { PageProblem } from '../i18n/en.js';
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

/** One that the page found itself: said in the reader's language. */
export class PageFailure extends RequestFailure {
  constructor(
    readonly problem: PageProblem,
    readonly detail = '',
    code: string = problem,
  ) {
    super(code, detail, '');
  }
}

export const OFFLINE = 'offline';

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
  const answer = await send(path, {
    method: body === undefined ? 'GET' : 'POST',
    signal: AbortSignal.any(limits),
    headers: {
      ...keyHeaders(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new PageFailure(OFFLINE);
  });
  if (!answer.ok) throw failureOf(answer.body, answer.status);
  const parsed = schema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new PageFailure('answer_unreadable');
}

/** The whole answer: a connection may be lost, or left, while its body comes. */
async function send(path: string, init: RequestInit) {
  const response = await fetch(path, init);
  return { ok: response.ok, status: response.status, body: jsonOf(await response.text()) };
}

/** Null where it is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failureOf(answer: unknown, status: number): RequestFailure {
  const parsed = errorSchema.safeParse(answer);
  if (!parsed.success) return new PageFailure('http', String(status), `http_${String(status)}`);
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
