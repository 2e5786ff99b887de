/** The body of a request, whole and unpacked, within the limit. */
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import getRawBody from 'raw-body';
import { z } from 'zod';
import { fail, RetortError } from '../../core/errors.js';

const unpackers: Readonly<Partial<Record<string, () => Transform>>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** @throws RetortError body_too_large, body_unsupported, body_unreadable */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const { 'content-length': length } = request.headers;
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (length !== undefined && Number(length) > limitBytes)
    throw fail('body_too_large', { limit: limitBytes });
  try {
    if (encoding === 'identity')
      return await getRawBody(request, { limit: limitBytes, length: length ?? null });
    const unpacker = Object.hasOwn(unpackers, encoding) ? unpackers[encoding] : undefined;
    if (unpacker === undefined)
      throw fail('body_unsupported', { type: encoding, accepted: 'gzip, deflate, br' });
    return await unpack(request, unpacker(), limitBytes);
  } catch (thrown) {
    throw bodyError(thrown, limitBytes);
  }
}

/** What a media type names, without its parameters; undefined where there is none. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

/** @throws RetortError body_unsupported for a charset that JSON is not written in; body_malformed */
export function parseJson(bytes: Uint8Array, contentType?: string): unknown {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw fail('body_unsupported', { type: `charset ${charset}`, accepted: 'utf-8' });
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch (error) {
    // V8 quotes the text around the error; a body may be private.
    const reason = error instanceof TypeError ? 'it is not UTF-8' : positionOf(error);
    throw fail('body_malformed', { reason }, error);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function positionOf(error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? 'it ends too early or is no JSON' : `at character ${position}`;
}

async function unpack(request: IncomingMessage, unpacker: Transform, limitBytes: number): Promise<Buffer> {
  const stop = () => {
    if (!request.complete) unpacker.destroy(new Error('it broke off'));
  };
  request.once('close', stop).pipe(unpacker);
  try {
    return await getRawBody(unpacker as Readable, { limit: limitBytes });
  } finally {
    request.off('close', stop).unpipe(unpacker);
    unpacker.destroy();
    request.resume();
  }
}

const rawBodyErrorSchema = z.looseObject({ type: z.string() });

function bodyError(thrown: unknown, limitBytes: number): RetortError {
  const parsed = rawBodyErrorSchema.safeParse(thrown);
  if (parsed.data?.type === 'entity.too.large') return fail('body_too_large', { limit: limitBytes }, thrown);
  if (thrown instanceof RetortError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : 'it broke off';
  return fail('body_unreadable', { reason }, thrown);
}
