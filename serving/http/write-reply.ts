/** Replies as bytes on the wire. */
import type { ServerResponse } from 'node:http';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasCode } from '../../core/has-code.js';
import type { Timeline } from '../inference/timeline.js';
import type { Reply } from './route.js';

/**
 * Resolves when the reply is handed over: false where the client was gone. Rejects where a stream fails, or gives less
 * than its length.
 */
export async function writeReply(
  response: ServerResponse,
  { status = 200, headers = {}, body }: Reply,
  timeline: Timeline,
): Promise<boolean> {
  if (response.headersSent || response.destroyed) {
    if (body instanceof Readable) body.destroy();
    return false;
  }
  const startedMs = performance.now();
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body instanceof Readable) {
    return pipeline(body, lengthChecked(Number(headers['content-length'])), response).then(
      () => true,
      (error: unknown) => {
        response.destroy();
        if (hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE')) return false;
        throw error;
      },
    );
  }
  const content = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
  if (body !== undefined && !response.hasHeader('content-type'))
    response.setHeader('content-type', 'application/json; charset=utf-8');
  // An answer without a body, such as 304, has no length of one.
  if (content !== undefined) response.setHeader('content-length', Buffer.byteLength(content));
  // Text goes out in one piece with the headers; bytes would be a second.
  response.end(content);
  timeline.add('serialise', startedMs, performance.now());
  return true;
}

/** Ended with fewer bytes than were announced, an answer would leave its client waiting for them. */
function lengthChecked(length: number): Transform {
  let given = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      given += chunk.byteLength;
      done(null, chunk);
    },
    flush(done) {
      const reason = `the answer ended after ${String(given)} of ${String(length)} bytes`;
      done(given < length ? new RangeError(reason) : null);
    },
  });
}
