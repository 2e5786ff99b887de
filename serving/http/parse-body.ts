/** A JSON body by its schema. */
import type { z } from 'zod';
import { fail } from '../../core/errors.js';
import { parseJson } from './body.js';
import type { Exchange } from './route.js';

/** An empty body is an empty object. @throws RetortError request_invalid, and those of the JSON */
export function parseOptionalBody<T>(exchange: Exchange, schema: z.ZodType<T>): T {
  return parseBody(exchange.body.byteLength === 0 ? { ...exchange, body: emptyObject } : exchange, schema);
}

const emptyObject = Buffer.from('{}');

/** @throws RetortError request_invalid, and those of the JSON */
export function parseBody<T>({ body, headers }: Exchange, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(body, headers['content-type']));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw fail('request_invalid', {
    reason: `${place === '' ? '' : `${place}: `}${issue?.message ?? 'it does not fit'}`,
  });
}
