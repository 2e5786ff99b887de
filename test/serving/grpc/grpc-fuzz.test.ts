/** Damaged gRPC frames, of a seed: every stream ends, and the server answers as before. */
import { connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadInferenceService, serviceName } from '../../../core/protocol/inference-service.js';
import type { RunningServer } from '../../../serving/server.js';
import { randomStream } from '../../../training/random.js';
import { startTestServer } from '../../fixtures/test-server.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';
import { answersOf } from '../../fuzz/protocol/check.js';
import { mutated } from '../../fuzz/mutate.js';

const streams = 150;
/** A frame whose length promises more than comes is given up by the client. */
const patienceMs = 300;

let root: string;
let server: RunningServer;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-grpc-fuzz-'));
  await writeTinyBundle(root);
  server = await startTestServer(root, { edge: { grpcPort: 0 } });
  await server.loaded;
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

const messages: readonly (readonly [method: string, message: object])[] = [
  [
    'ModelInfer',
    {
      model_name: 'tiny',
      inputs: [
        { name: 'text', datatype: 'BYTES', shape: [1], contents: { bytes_contents: [Buffer.from('好')] } },
      ],
    },
  ],
  [
    'ModelInfer',
    {
      model_name: 'tiny',
      inputs: [
        { name: 'input_ids', datatype: 'INT64', shape: [1, 2] },
        { name: 'sequence_lengths', datatype: 'INT32', shape: [1] },
      ],
      raw_input_contents: [Buffer.alloc(16, 1), Buffer.from([2, 0, 0, 0])],
    },
  ],
  ['ModelMetadata', { name: 'tiny', version: '1' }],
  ['RepositoryIndex', { ready: true }],
];

/** Compressed-flag, length in four bytes, message. */
function frameOf(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

test('every damaged frame is answered or its stream reset, and the answers are what they were', async () => {
  const before = await answersOf(server.url);
  const service = loadInferenceService();
  const frames = messages.map(([method, message]) => ({
    method,
    message: service[method]!.requestSerialize(message),
  }));
  const random = randomStream(11, 'benchmark', 0);
  const session = connectHttp2(`http://${server.grpcAddress!}`);
  const endings = new Map<string, number>();
  for (let sent = 0; sent < streams; sent += 1) {
    const { method, message } = frames[random.below(frames.length)]!;
    const bytes =
      random.below(2) === 0 ? frameOf(mutated(message, random)) : mutated(frameOf(message), random);
    const ending = await new Promise<string>((resolve) => {
      let status = 'none';
      const stream = session.request({
        ':method': 'POST',
        ':path': `/${serviceName}/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const note = ({ 'grpc-status': found }: IncomingHttpHeaders) => {
        if (typeof found === 'string') status = found;
      };
      stream
        .on('response', note)
        .on('trailers', note)
        .on('error', () => undefined)
        .resume();
      stream.setTimeout(patienceMs, () => stream.close(constants.NGHTTP2_CANCEL));
      stream.once('close', () => resolve(status));
      stream.end(bytes);
    });
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  }
  session.close();
  expect([...endings.values()].reduce((sum, count) => sum + count, 0)).toBe(streams);
  // What is damaged is mostly refused for what it is.
  expect(endings.get('3') ?? 0).toBeGreaterThan(0);
  expect(await answersOf(server.url)).toEqual(before);
});
