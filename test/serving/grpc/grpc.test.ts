/** The gRPC edge: the logits of REST, deadlines, limits, keys, health. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { service as healthService } from 'grpc-health-check';
import { z } from 'zod';
import { ApiKeys } from '../../../serving/access/api-keys.js';
import { loadInferenceService } from '../../../core/protocol/inference-service.js';
import type { RunningServer } from '../../../serving/server.js';
import { startTestServer } from '../../fixtures/test-server.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

const texts = ['房间很干净，服务也好。', '太差了', '', 'book 👍 电脑很好'];
const key = 'a-key-of-the-tests-1';
const service = { ...loadInferenceService(), ...healthService };

let root: string;
let server: RunningServer;
let client: Client;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-grpc-'));
  await writeTinyBundle(root);
  server = await startTestServer(root, { edge: { grpcPort: 0 } }, new ApiKeys([{ name: 'tests', key }]));
  await server.loaded;
  client = new Client(server.grpcAddress!, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server.close();
  await rm(root, { recursive: true });
});

function call(
  name: string,
  message: object,
  options: { deadline?: Date; key?: string } = {},
): Promise<Record<string, unknown>> {
  const { path: route, requestSerialize, responseDeserialize } = service[name]!;
  const metadata = new Metadata();
  metadata.set('x-api-key', options.key ?? key);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      route,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => Record<string, unknown>,
      message,
      metadata,
      options.deadline === undefined ? {} : { deadline: options.deadline },
      (error, value) => {
        if (error === null) resolve(value!);
        else reject(error);
      },
    );
  });
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it was answered');
    },
    (thrown: unknown) => {
      const { code, metadata } = thrown as ServiceError;
      return { code, name: metadata.get('x-error-code')[0] };
    },
  );

/** The health service looks at the server from time to time, so it is asked until it has seen it. */
async function healthIs(wanted: string): Promise<void> {
  for (let asked = 1; ; asked += 1) {
    const found = await call('Check', { service: '' });
    if (found.status === wanted || asked === 50) {
      expect(found).toMatchObject({ status: wanted });
      return;
    }
    await setTimeout(100);
  }
}

const textInput = { name: 'text', shape: [texts.length], datatype: 'BYTES' };
const answerSchema = z.object({
  outputs: z.array(
    z.looseObject({
      name: z.string(),
      contents: z.looseObject({ fp32_contents: z.array(z.number()) }).nullable(),
    }),
  ),
  raw_output_contents: z.array(z.instanceof(Buffer)),
});

async function expectedLogits(): Promise<number[]> {
  const response = await fetch(`${server.url}/v1/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ texts, logits: true }),
  });
  const body = z
    .object({ results: z.array(z.object({ logits: z.array(z.number()) })) })
    .parse(await response.json());
  return body.results.flatMap(({ logits }) => logits);
}

test('typed and raw contents have the logits of /v1/predict', async () => {
  const expected = await expectedLogits();
  const typed = answerSchema.parse(
    await call('ModelInfer', {
      model_name: 'tiny',
      id: 'a',
      inputs: [{ ...textInput, contents: { bytes_contents: texts.map((text) => Buffer.from(text)) } }],
    }),
  );
  expect(typed.outputs[0]!.contents!.fp32_contents).toEqual(expected);
  const framed = texts.flatMap((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(text));
    return [length, Buffer.from(text)];
  });
  const raw = answerSchema.parse(
    await call('ModelInfer', {
      model_name: 'tiny',
      inputs: [textInput],
      raw_input_contents: [Buffer.concat(framed)],
      outputs: [{ name: 'logits' }],
    }),
  );
  const bytes = raw.raw_output_contents[0]!;
  expect(expected.map((_, index) => bytes.readFloatLE(index * 4))).toEqual(expected);
});

test('describes server, model and repository, and is healthy', async () => {
  expect(await call('ServerLive', {})).toEqual({ live: true });
  expect(await call('ServerReady', {})).toEqual({ ready: true });
  expect(await call('ModelReady', { name: 'tiny' })).toEqual({ ready: true });
  expect(await call('ServerMetadata', {})).toMatchObject({ name: 'retort' });
  expect(await call('ModelMetadata', { name: 'tiny', version: '1' })).toMatchObject({
    platform: 'onnx_onnxv1',
  });
  expect(await call('RepositoryIndex', {})).toMatchObject({ models: [{ name: 'tiny', state: 'READY' }] });
  await healthIs('SERVING');
});

const inferTexts = (count: number, text = '好') => ({
  model_name: 'tiny',
  inputs: [
    {
      name: 'text',
      shape: [count],
      datatype: 'BYTES',
      contents: { bytes_contents: Array.from({ length: count }, () => Buffer.from(text)) },
    },
  ],
});

test.each([
  ['an unknown model', { ...inferTexts(1), model_name: '../tiny' }, status.NOT_FOUND, 'model_unknown'],
  ['too many texts', inferTexts(51), status.INVALID_ARGUMENT, 'too_many_texts'],
  ['a long text', inferTexts(1, '好'.repeat(501)), status.INVALID_ARGUMENT, 'text_too_long'],
  [
    'no UTF-8',
    {
      model_name: 'tiny',
      inputs: [{ ...textInput, shape: [1], contents: { bytes_contents: [Buffer.from([0xff])] } }],
    },
    status.INVALID_ARGUMENT,
    'inference_input_invalid',
  ],
  [
    'a negative size',
    { model_name: 'tiny', inputs: [{ ...textInput, shape: [-1] }] },
    status.INVALID_ARGUMENT,
    'inference_input_invalid',
  ],
  [
    'contents twice',
    { ...inferTexts(1), raw_input_contents: [Buffer.alloc(4)] },
    status.INVALID_ARGUMENT,
    'inference_input_invalid',
  ],
  [
    'raw contents of another size',
    {
      model_name: 'tiny',
      inputs: [{ name: 'input_ids', shape: [1, 2], datatype: 'INT64' }],
      raw_input_contents: [Buffer.alloc(9)],
    },
    status.INVALID_ARGUMENT,
    'inference_input_invalid',
  ],
  [
    'a string cut off',
    {
      model_name: 'tiny',
      inputs: [{ ...textInput, shape: [1] }],
      raw_input_contents: [Buffer.from([255, 255, 255, 255])],
    },
    status.INVALID_ARGUMENT,
    'inference_input_invalid',
  ],
])('refuses %s', async (_what, message, code, name) => {
  expect(await failure(call('ModelInfer', message))).toEqual({ code, name });
});

test.each([
  ['a model', (long: string) => ({ ...inferTexts(1), model_name: long }), 'model_unknown'],
  ['an input', (long: string) => ({ inputs: [{ ...textInput, name: long }] }), 'inference_input_invalid'],
  [
    'a datatype',
    (long: string) => ({ inputs: [{ ...textInput, datatype: long }] }),
    'inference_input_invalid',
  ],
  [
    'a shape',
    (long: string) => ({ inputs: [{ ...textInput, shape: Array.from(long, () => 1) }] }),
    'inference_input_invalid',
  ],
])('what is said of %s of 5,000 characters is cut', async (_what, message, name) => {
  const error: unknown = await call('ModelInfer', message('模'.repeat(5000))).catch(
    (thrown: unknown) => thrown,
  );
  const { details, metadata } = error as ServiceError;
  expect(metadata.get('x-error-code')).toEqual([name]);
  expect(Buffer.byteLength(details)).toBeLessThanOrEqual(1025);
  expect(details).toContain('…');
  expect(details).toMatch(/Served now: tiny 1\.$|lists names, datatypes and shapes\.$/);
});

test('a message over the limit is refused by its size', async () => {
  expect(await failure(call('ModelInfer', inferTexts(1, 'a'.repeat(30_000))))).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
  });
});

test('a deadline that passes is DEADLINE_EXCEEDED', async () => {
  const passed = call('ModelInfer', inferTexts(50, '太差了'.repeat(40)), {
    deadline: new Date(Date.now() + 1),
  });
  expect(await failure(passed)).toMatchObject({ code: status.DEADLINE_EXCEEDED });
});

test('of a deadline and a parameter that limit the time, the shorter counts', async () => {
  const message = { ...inferTexts(1), parameters: { timeout: { int64_param: 1 } } };
  const answered = call('ModelInfer', message, { deadline: new Date(Date.now() + 60_000) });
  expect(await failure(answered)).toEqual({ code: status.DEADLINE_EXCEEDED, name: 'deadline_exceeded' });
});

test('a key that is wrong is UNAUTHENTICATED, and live needs none', async () => {
  expect(await failure(call('ModelInfer', inferTexts(1), { key: 'wrong' }))).toEqual({
    code: status.UNAUTHENTICATED,
    name: 'api_key_unknown',
  });
  expect(await call('ServerLive', {}, { key: 'wrong' })).toEqual({ live: true });
});

test('bytes that are no HTTP/2 close their connection alone', async () => {
  const port = Number(server.grpcAddress!.split(':')[1]);
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('GET / HTTP/1.1\r\n\r\n'.repeat(100)));
    socket
      .resume()
      .once('error', () => undefined)
      .once('close', () => resolve());
  });
  expect(await call('ServerReady', {})).toEqual({ ready: true });
});
