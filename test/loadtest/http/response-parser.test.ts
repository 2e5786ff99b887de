import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import {
  MalformedResponse,
  ResponseParser,
  type ResponseEnd,
} from '../../../loadtest/http/response-parser.js';

/** What the parser says when the bytes come in pieces of these lengths, and the connection then closes. */
function parse(text: string, cuts: readonly number[] = [], closed = true): ResponseEnd[] {
  const ends: ResponseEnd[] = [];
  const parser = new ResponseParser((end) => ends.push(end));
  let bytes = Buffer.from(text, 'latin1');
  for (const cut of cuts) {
    parser.push(bytes.subarray(0, cut));
    bytes = bytes.subarray(cut);
  }
  parser.push(bytes);
  if (closed) parser.close();
  return ends;
}

const responses = [
  {
    name: 'a length',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    end: { status: 200, keepAlive: true },
  },
  {
    name: 'no body',
    text: 'HTTP/1.1 204 No Content\r\n\r\n',
    end: { status: 204, keepAlive: true },
  },
  {
    name: 'a length of nothing, and no reason',
    text: 'HTTP/1.1 429\r\ncontent-length:0\r\n\r\n',
    end: { status: 429, keepAlive: true },
  },
  {
    name: 'chunks, extensions and trailers',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n5;a=b\r\nhe\r\nl\r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\n',
    end: { status: 200, keepAlive: true },
  },
  {
    name: 'chunks that outrank a length',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    end: { status: 200, keepAlive: true },
  },
  {
    name: 'an interim response first',
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 x\r\ncontent-length: 1\r\nconnection: close\r\n\r\n!',
    end: { status: 503, keepAlive: false },
  },
  {
    name: 'HTTP/1.0',
    text: 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n!',
    end: { status: 200, keepAlive: false },
  },
] as const;

describe('a response', () => {
  it.each(responses)('with $name ends where its body ends', ({ text, end }) => {
    expect(parse(text, [], false)).toEqual([end]);
    expect(parse(text + text, [], false)).toEqual([end, end]);
  });

  it('is the same however its bytes are cut', () => {
    const sequence = fc.array(fc.constantFrom(...responses), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sequence, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }), (parts, cuts) => {
        const text = parts.map((part) => part.text).join('');
        expect(parse(text, cuts, false)).toEqual(parts.map((part) => part.end));
      }),
    );
  });

  it('without a length ends with its connection, and only then', () => {
    const text = 'HTTP/1.1 200 OK\r\n\r\nanything';
    expect(parse(text, [], false)).toEqual([]);
    expect(parse(text)).toEqual([{ status: 200, keepAlive: false }]);
  });

  it('that is cut off has not ended', () => {
    expect(parse('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort')).toEqual([]);
    expect(parse('HTTP/1.1 200 OK\r\ncontent-')).toEqual([]);
  });

  it.each([
    'SSH-2.0-OpenSSH\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 999 ?\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`,
  ])('is refused when it is not HTTP: %j', (text) => {
    expect(() => parse(text)).toThrow(MalformedResponse);
  });

  it('never makes the parser fail in another way', () => {
    const noise = fc.array(
      fc.constantFrom('HTTP/1.1 ', '200 ', 'content-length: ', '\r\n', '7', 'é', '\0', 'chunked'),
    );
    fc.assert(
      fc.property(noise, fc.array(fc.nat(9), { maxLength: 20 }), (parts, cuts) => {
        try {
          parse(parts.join(''), cuts);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedResponse);
        }
      }),
    );
  });
});
