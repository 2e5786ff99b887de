/** Requests that someone wrote to do harm, each with the statuses that may answer it. */
import { gzipSync } from 'node:zlib';
import { post } from './raw-http.js';

export interface Hostile {
  readonly name: string;
  readonly pieces: readonly (string | Buffer)[];
  readonly statuses: readonly number[];
  /** How many answers there are; one where it is absent. */
  readonly answers?: number;
}

const predict = '/v1/predict';
const infer = '/v2/models/tiny/infer';
const good = '{"text": "好"}';
const input = (fields: string) => `{"inputs": [{"name": "text", "datatype": "BYTES", ${fields}}]}`;
const one = (name: string, piece: string | Buffer, ...statuses: number[]): Hostile => ({
  name,
  pieces: [piece],
  statuses,
});
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

export const hostile: readonly Hostile[] = [
  one('JSON that breaks off', post(predict, '{"text": '), 400),
  one('NaN', post(predict, '{"text": NaN}'), 400),
  one('NaN in a tensor', post(infer, input('"shape": [1], "data": [NaN]')), 400),
  one('an infinite size', post(infer, input('"shape": [1e400], "data": ["a"]')), 422),
  one('a negative size', post(infer, input('"shape": [-1], "data": ["a"]')), 422),
  one(
    'sizes beyond all integers',
    post(infer, input('"shape": [9007199254740991, 9007199254740991], "data": ["a"]')),
    422,
  ),
  one('a thousand axes', post(infer, input(`"shape": [${'1,'.repeat(999)}1], "data": ["a"]`)), 422),
  one('data nested 5000 deep', post(infer, input(`"shape": [1], "data": ${nested(5000)}`)), 422),
  one('a text nested 9000 deep', post(predict, `{"text": ${nested(9000)}}`), 422),
  one('brackets without an end', post(predict, '['.repeat(15_000)), 400),
  one('a key twice', post(predict, '{"text": 3, "text": "好"}'), 200),
  one('a lone surrogate', post(predict, '{"text": "\\ud800"}'), 200),
  one('a zero character', post(predict, '{"text": "\\u0000"}'), 200),
  one('bytes that are no UTF-8', post(predict, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), 400),
  one('another charset', post(predict, good, { 'content-type': 'application/json; charset=gbk' }), 415),
  one('__proto__', post(predict, '{"text": "好", "__proto__": {"polluted": true}}'), 200, 422),
  one('constructor', post(predict, '{"text": "好", "constructor": {"prototype": {"polluted": true}}}'), 422),
  one(
    '__proto__ among parameters',
    post(
      infer,
      `{"parameters": {"__proto__": {"polluted": true}}, ${input('"shape": [1], "data": ["a"]').slice(1)}`,
    ),
    200,
  ),
  one('a model __proto__', post('/v2/models/__proto__/infer', input('"shape": [1], "data": ["a"]')), 404),
  one(
    'a path in the name',
    post('/v2/models/..%2f..%2fetc%2fpasswd/infer', input('"shape": [1], "data": ["a"]')),
    404,
  ),
  one('a path to load', post('/v2/repository/models/..%2f..%2f/load', '{}'), 404),
  one(
    'a path to a file',
    'GET /v1/models/tiny/versions/1/files/..%2f..%2fmanifest.json HTTP/1.1\r\nhost: x\r\n\r\n',
    404,
  ),
  one(
    'a name that cannot be decoded',
    post('/v2/models/%ff/infer', input('"shape": [1], "data": ["a"]')),
    400,
    404,
  ),
  one('a path that cannot be decoded', 'GET /v2/models/%ff HTTP/1.1\r\nhost: x\r\n\r\n', 400, 404),
  one('a length that is too short', post(predict, good, { 'content-length': '5' }), 400),
  one(
    'two lengths',
    `POST ${predict} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    400,
  ),
  one(
    'a length beside chunks',
    `POST ${predict} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ),
  one(
    'a chunk without a size',
    `POST ${predict} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n`,
    400,
  ),
  one(
    'a length over the limit',
    `POST ${predict} HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\n`,
    413,
  ),
  one('no host', `GET /v2 HTTP/1.1\r\n\r\n`, 400),
  one('no HTTP', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), 400),
  one('headers of 10 MB', `GET /v2 HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(10_000_000)}\r\n\r\n`, 431),
  one('a bomb', post(predict, gzipSync(Buffer.alloc(10_000_000)), { 'content-encoding': 'gzip' }), 413),
  one('JSON longer than its body', post(infer, '{}', { 'inference-header-content-length': '99' }), 400),
  one('a JSON length of -1', post(infer, '{}', { 'inference-header-content-length': '-1' }), 400),
  one(
    'a tensor beyond the body',
    post(infer, input('"shape": [1], "parameters": {"binary_data_size": 9000000000}')),
    422,
  ),
  one('a time-out that is none', post(predict, good, { 'x-request-timeout-ms': 'NaN' }), 400),
  {
    name: 'two requests at once',
    pieces: [Buffer.concat([post(predict, good), post(predict, good)])],
    statuses: [200],
    answers: 2,
  },
  {
    name: 'headers that never end',
    pieces: ['GET /v2 HTTP/1.1\r\nhost: x\r\n'],
    statuses: [408],
  },
  {
    name: 'a body that never ends',
    pieces: [`POST ${predict} HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"te`],
    statuses: [408],
  },
];
