/** Good requests, damaged by chance: bytes changed, left out, doubled; and values put where others belong. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { post } from './raw-http.js';

const bodies: readonly (readonly [path: string, body: string])[] = [
  ['/v1/predict', '{"text": "房间很干净", "logits": true, "model": "tiny"}'],
  ['/v1/predict', '{"texts": ["太差了", "好"], "explain": false}'],
  [
    '/v2/models/tiny/infer',
    '{"id": "a", "inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["好"]}]}',
  ],
  [
    '/v2/models/tiny/versions/1/infer',
    '{"inputs": [{"name": "input_ids", "shape": [1, 2], "datatype": "INT64", "data": [[1, 2]]}, {"name": "sequence_lengths", "shape": [1], "datatype": "INT32", "data": [2]}], "outputs": [{"name": "logits"}]}',
  ],
  ['/v2/repository/index', '{"ready": true}'],
];

const values = [
  'null',
  'true',
  '-1',
  '1e309',
  '9007199254740993',
  '""',
  '[]',
  '{}',
  '[[[]]]',
  '"\\u0000"',
  '{"__proto__": 1}',
];

export function damagedRequest(random: RandomGenerator): Buffer {
  const pick = <T>(from: readonly T[]): T => from[uniformInt(random, 0, from.length - 1)]!;
  const [path, body] = pick(bodies);
  if (uniformInt(random, 0, 1) === 0) {
    const parts = body.split(/("[^"]*"|-?\d+|true|false)/);
    const place = 2 * uniformInt(random, 0, (parts.length - 3) / 2) + 1;
    return post(path, parts.with(place, pick(values)).join(''));
  }
  const bytes = Buffer.from(body);
  const at = uniformInt(random, 0, bytes.length - 1);
  const change = uniformInt(random, 0, 2);
  if (change === 0) bytes[at] = uniformInt(random, 0, 255);
  const damaged = change === 1 ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]) : bytes;
  return post(path, change === 2 ? Buffer.concat([damaged.subarray(0, at), damaged]) : damaged);
}
