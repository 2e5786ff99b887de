/** The HTTP edge on a small bundle: every route, and every error in its one shape. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
let server: RunningServer;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-http-'));
  await writeTinyBundle(path.join(root, 'models'));
  server = await startTestServer(path.join(root, 'models'));
  await server.loaded;
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

/** What the tests read of the bodies of every route. */
interface Body {
  version: string;
  results: { label: string; score: number; logits?: number[] }[];
  outputs: { data: number[] }[];
  error: unknown;
}

interface Reply {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

async function ask(route: string, body?: unknown, init: RequestInit = {}, url = server.url): Promise<Reply> {
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  const post =
    body === undefined
      ? {}
      : {
          method: 'POST',
          body: content,
          headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
        };
  const response = await fetch(url + route, { ...init, ...post });
  const text = await response.text();
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, text, body: parsed as Body };
}

const texts = ['房间很干净，服务也好。', '太差了', '', 'book 👍 电脑很好'];

describe('POST /v1/predict', () => {
  test('answers a text', async () => {
    const { status, body } = await ask('/v1/predict', { text: texts[0] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: 'tiny', version: '1', timings: { totalMs: expect.any(Number) } });
    expect(body.results).toHaveLength(1);
    expect(['negative', 'positive']).toContain(body.results[0]!.label);
    expect(body.results[0]!.score).toBeGreaterThanOrEqual(0.5);
    expect(body.results[0]!.logits).toBeUndefined();
  });

  test('answers texts in order, with the logits that each has alone', async () => {
    const together = await ask('/v1/predict', { texts, logits: true });
    for (const [index, text] of texts.entries()) {
      const alone = await ask('/v1/predict', { text, logits: true });
      expect(alone.body.results[0]).toEqual(together.body.results[index]);
    }
  });

  test.each([
    ['malformed JSON', '{"text": ', 400, 'body_malformed'],
    ['a number for a text', { text: 3 }, 422, 'request_invalid'],
    ['neither key', {}, 422, 'request_invalid'],
    ['both keys', { text: 'a', texts: ['b'] }, 422, 'request_invalid'],
    ['no texts', { texts: [] }, 422, 'request_invalid'],
    ['a wrong element', { texts: ['a', null] }, 422, 'request_invalid'],
    ['an array', [], 422, 'request_invalid'],
    ['a text over the limit', { text: '好'.repeat(501) }, 422, 'text_too_long'],
    ['too many texts', { texts: Array.from({ length: 51 }, () => '好') }, 422, 'too_many_texts'],
    ['10,000 texts', { texts: Array.from({ length: 10_000 }, () => '好') }, 413, 'body_too_large'],
    ['an unknown model', { text: 'a', model: 'none' }, 404, 'model_unknown'],
  ])('refuses %s', async (_what, sent, status, code) => {
    const reply = await ask('/v1/predict', sent);
    expect(reply.status).toBe(status);
    expect(reply.body.error).toEqual({
      code,
      message: expect.any(String),
      hint: expect.any(String),
      request_id: reply.headers.get('x-request-id'),
    });
    expect(JSON.stringify(reply.body)).not.toContain('.js:');
  });

  test('refuses another content type', async () => {
    const reply = await ask('/v1/predict', 'text=a', { headers: { 'content-type': 'text/plain' } });
    expect(reply).toMatchObject({ status: 415, body: { error: { code: 'body_unsupported' } } });
  });

  test('a deadline that has passed is 504', async () => {
    const reply = await ask(
      '/v1/predict',
      { texts: texts.slice(0, 2) },
      { headers: { 'x-request-timeout-ms': '0.0001' } },
    );
    expect(reply).toMatchObject({ status: 504, body: { error: { code: 'deadline_exceeded' } } });
  });
});

test('an unknown route is 404, a wrong method 405 with Allow', async () => {
  expect(await ask('/v1/none')).toMatchObject({ status: 404, body: { error: { code: 'route_unknown' } } });
  const wrong = await ask('/v1/predict', undefined, { method: 'DELETE' });
  expect(wrong).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } });
  expect(wrong.headers.get('allow')).toBe('POST');
});

test('a request keeps the id that it came with', async () => {
  const { headers } = await ask('/v1/predict', { text: '好' }, { headers: { 'x-request-id': 'mine-7' } });
  expect(headers.get('x-request-id')).toBe('mine-7');
});

describe('Open Inference Protocol v2', () => {
  const infer = '/v2/models/tiny/infer';
  const ids = (data: unknown, shape = [2, 3]) => ({ name: 'input_ids', shape, datatype: 'INT64', data });
  const lengths = (data: unknown, shape = [2]) => ({
    name: 'sequence_lengths',
    shape,
    datatype: 'INT32',
    data,
  });

  test('describes the server and the model', async () => {
    expect((await ask('/v2')).body).toMatchObject({
      name: 'retort',
      extensions: ['binary_tensor_data', 'model_repository'],
    });
    for (const route of ['/v2/models/tiny', '/v2/models/tiny/versions/1']) {
      expect((await ask(route)).body).toMatchObject({
        name: 'tiny',
        versions: ['1'],
        platform: 'onnx_onnxv1',
      });
      expect((await ask(`${route}/ready`)).status).toBe(200);
    }
    expect((await ask('/v2/models/tiny/versions/2')).status).toBe(404);
    expect((await ask('/v2/health/live')).status).toBe(200);
    expect(await ask('/v2/health/ready')).toMatchObject({ status: 200, body: { live: true, ready: true } });
  });

  test('a BYTES text has the logits of /v1/predict', async () => {
    const expected = await ask('/v1/predict', { texts, logits: true });
    const { body } = await ask(infer, {
      id: 'a',
      inputs: [{ name: 'text', shape: [texts.length], datatype: 'BYTES', data: texts }],
    });
    expect(body).toMatchObject({ model_name: 'tiny', model_version: '1', id: 'a' });
    expect(body.outputs[0]!).toMatchObject({ name: 'logits', shape: [texts.length, 2], datatype: 'FP32' });
    expect(body.outputs[0]!.data).toEqual(expected.body.results.flatMap((one) => one.logits));
  });

  test('tensors nested and flat, padded and alone, give the same', async () => {
    const logits = async (...inputs: unknown[]) =>
      (await ask(infer, { inputs, outputs: [{ name: 'logits' }] })).body.outputs[0]!.data;
    const nested = await logits(
      ids([
        [2, 3, 4],
        [5, 0, 0],
      ]),
      lengths([3, 1]),
    );
    expect(await logits(ids([2, 3, 4, 5, 0, 0]), lengths([3, 1]))).toEqual(nested);
    expect([
      ...(await logits(ids([2, 3, 4], [1, 3]), lengths([3], [1]))),
      ...(await logits(ids([5], [1, 1]), lengths([1], [1]))),
    ]).toEqual(nested);
  });

  test.each([
    ['an id outside the vocabulary', [ids([2, 3, 999, 5, 0, 0]), lengths([3, 1])]],
    ['an id that is no integer', [ids([2, 3, 'x', 5, 0, 0]), lengths([3, 1])]],
    ['a length outside', [ids([2, 3, 4, 5, 0, 0]), lengths([4, 1])]],
    ['a length of 0', [ids([2, 3, 4, 5, 0, 0]), lengths([0, 1])]],
    ['data of another size', [ids([2, 3]), lengths([3, 1])]],
    ['no lengths', [ids([2, 3, 4, 5, 0, 0])]],
    [
      'rows of other lengths than the shape',
      [
        ids([
          [2, 3, 4, 5],
          [6, 0],
        ]),
        lengths([3, 1]),
      ],
    ],
    ['rows of which one is flat', [ids([[2, 3, 4], 5, 0, 0]), lengths([3, 1])]],
    [
      'data nested deeper than the shape',
      [
        ids([
          [[2], 3, 4],
          [5, 0, 0],
        ]),
        lengths([3, 1]),
      ],
    ],
    ['a wrong datatype', [{ name: 'text', shape: [1], datatype: 'FP32', data: [1] }]],
    ['a shape of one axis', [ids([2, 3], [2]), lengths([1, 1])]],
  ])('refuses %s', async (_what, inputs) => {
    const reply = await ask(infer, { inputs });
    expect(reply.status).toBe(422);
    expect(reply.headers.get('x-error-code')).toBe('inference_input_invalid');
    expect(reply.body).toEqual({ error: expect.any(String) });
  });

  test('refuses a row of more ids than the model has places for, which would fail with all that share its batch', async () => {
    const row = (length: number) => [
      { name: 'input_ids', datatype: 'INT64', shape: [1, length], data: new Array<number>(length).fill(1) },
      { name: 'sequence_lengths', datatype: 'INT32', shape: [1], data: [length] },
    ];
    expect((await ask(infer, { inputs: row(128) })).status).toBe(200);
    expect((await ask(infer, { inputs: row(129) })).status).toBe(422);
  });

  test('of a header and a parameter that limit the time, the shorter counts', async () => {
    const inputs = [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['好'] }];
    const status = async (timeout: number, header: string) =>
      (await ask(infer, { inputs, parameters: { timeout } }, { headers: { 'x-request-timeout-ms': header } }))
        .status;
    expect(await status(1, '100000')).toBe(504);
    expect(await status(100_000_000, '0.0001')).toBe(504);
  });

  test('refuses an unknown output and an unknown model', async () => {
    const inputs = [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['好'] }];
    expect((await ask(infer, { inputs, outputs: [{ name: 'none' }] })).status).toBe(422);
    expect((await ask('/v2/models/none/infer', { inputs })).status).toBe(404);
  });
});

test('metrics count requests by route and status, and time the stages', async () => {
  await ask('/v1/predict', { text: '好' });
  await ask('/v1/predict', { text: 3 });
  const { text } = await ask('/metrics');
  expect(text).toMatch(/retort_requests_total\{route="\/v1\/predict",status="200"\} \d/);
  expect(text).toMatch(/retort_requests_total\{route="\/v1\/predict",status="422"\} \d/);
  for (const stage of ['queue', 'batch_wait', 'tokenize', 'infer', 'postprocess', 'total'])
    expect(text).toContain(`retort_stage_seconds_count{stage="${stage}"}`);
});

test('stages are of requests that infer alone', async () => {
  const stagesIn = (text: string) => text.match(/^retort_stage_seconds_count.*$/gm);
  await ask('/v1/predict', { text: '好' });
  const before = stagesIn((await ask('/metrics')).text);
  await ask('/v2/health/ready');
  await ask('/v1/models');
  expect(stagesIn((await ask('/metrics')).text)).toEqual(before);
});

test('a client that leaves is counted as one that left', async () => {
  const left = await startTestServer(path.join(root, 'models'));
  await left.loaded;
  const body = JSON.stringify({ texts: Array.from({ length: 50 }, () => texts[0]) });
  const headers = { 'content-type': 'application/json' };
  const counted = /retort_requests_total\{route="\/v1\/predict",status="499"\} [1-9]/;
  const metrics = async () => (await ask('/metrics', undefined, {}, left.url)).text;
  // A client may leave before its request is there, or after its answer.
  for (let attempt = 0; attempt < 200 && !counted.test(await metrics()); attempt += 1) {
    const signal = AbortSignal.timeout(attempt % 20);
    await fetch(`${left.url}/v1/predict`, { method: 'POST', body, headers, signal }).catch(() => null);
  }
  expect(counted.test(await metrics())).toBe(true);
  await left.close();
});

test('more texts than the queue holds are never taken, and the answer says how many are', async () => {
  const small = await startTestServer(path.join(root, 'models'), { queue: { capacity: 1 } });
  await small.loaded;
  const reply = await ask('/v1/predict', { texts: ['好', '差'] }, {}, small.url);
  expect(reply).toMatchObject({
    status: 422,
    body: { error: { code: 'request_over_capacity', hint: expect.stringContaining('at most 1 texts') } },
  });
  await small.close();
});

test('a server is ready when all of its models are, not the first of them', async () => {
  const repository = path.join(root, 'several');
  for (const name of ['a', 'b', 'c']) await writeTinyBundle(repository, { name });
  const several = await startTestServer(repository);
  const status = async (route: string) => (await fetch(`${several.url}${route}`)).status;
  try {
    while ((await status('/v2/health/ready')) !== 200);
    expect(await status('/v2/models/c/ready')).toBe(200);
  } finally {
    await several.close();
  }
});

test('a server that lacks one of its models is not ready, and serves the others', async () => {
  const repository = path.join(root, 'lacking');
  await writeTinyBundle(repository, { name: 'a' });
  await writeTinyBundle(repository, { name: 'b', goldenError: 0.5 });
  const lacking = await startTestServer(repository);
  expect(await lacking.loaded).toBe(true);
  expect((await ask('/v2/health/ready', undefined, {}, lacking.url)).status).toBe(503);
  expect((await ask('/v1/predict', { text: '好', model: 'a' }, {}, lacking.url)).status).toBe(200);
  await lacking.close();
});

test('a model has the settings of all sessions but for its own', async () => {
  const inherits = await startTestServer(path.join(root, 'models'), {
    session: { precision: 'int8' },
    models: [{ name: 'tiny', session: { spinning: true } }],
  });
  // The bundle has no int8.
  expect(await inherits.loaded).toBe(false);
  await inherits.close();
});

test('a server without a model is alive and not ready', async () => {
  await mkdir(path.join(root, 'empty'));
  const empty = await startTestServer(path.join(root, 'empty'));
  await empty.loaded;
  expect((await ask('/v2/health/live', undefined, {}, empty.url)).status).toBe(200);
  expect((await ask('/v2/health/ready', undefined, {}, empty.url)).status).toBe(503);
  expect(await ask('/v1/predict', { text: '好' }, {}, empty.url)).toMatchObject({
    status: 503,
    body: { error: { code: 'model_not_ready' } },
  });
  await empty.close();
});

test('a version with other logits than its golden ones is refused, and the older one serves', async () => {
  const models = path.join(root, 'parity');
  await writeTinyBundle(models, { version: '1' });
  await writeTinyBundle(models, { version: '2', goldenError: 0.5 });
  const other = await startTestServer(models);
  await other.loaded;
  expect((await ask('/v1/predict', { text: '好' }, {}, other.url)).body.version).toBe('1');
  await other.close();
});

test('sampled texts are compared with eager execution', async () => {
  const comparing = await startTestServer(path.join(root, 'models'), { compare: { share: 1 } });
  await comparing.loaded;
  let metrics = '';
  const counted = (engine: string) => `retort_compare_seconds_count{model="tiny",engine="${engine}"}`;
  for (let attempt = 0; attempt < 100 && !metrics.includes(counted('eager')); attempt += 1) {
    await ask('/v1/predict', { text: texts[0] }, {}, comparing.url);
    await new Promise((resolve) => setTimeout(resolve, 50));
    metrics = (await ask('/metrics', undefined, {}, comparing.url)).text;
  }
  for (const engine of ['static', 'eager']) expect(metrics).toContain(counted(engine));
  const difference = /^retort_compare_max_logit_difference\{model="tiny"\} (\S+)/m.exec(metrics)?.[1];
  expect(Number(difference)).toBeLessThan(1e-4);
  await comparing.close();
});

test('figures of sampled texts are kept by model, and a network without an eager form is passed over', async () => {
  const models = path.join(root, 'sampled');
  for (const name of ['one', 'two']) await writeTinyBundle(models, { name });
  const manifest = path.join(await writeTinyBundle(models, { name: 'foreign' }), 'manifest.json');
  const written = JSON.parse(await readFile(manifest, 'utf8')) as object;
  await writeFile(manifest, JSON.stringify({ ...written, network: { kind: 'onnx', config: {} } }));
  const names = ['one', 'two', 'foreign'];
  const comparing = await startTestServer(models, {
    compare: { share: 1 },
    models: names.map((name) => ({ name })),
  });
  await comparing.loaded;
  await ask('/v1/predict', { text: texts[0], model: 'foreign' }, {}, comparing.url);
  const live = async () => {
    const { text } = await ask('/v1/compare', undefined, {}, comparing.url);
    return JSON.parse(text) as { model: string; models: Record<string, unknown> };
  };
  const sampled = async (name: string) => {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      await ask('/v1/predict', { text: texts[0], model: name }, {}, comparing.url);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { models: found } = await live();
      if (name in found) return;
    }
  };
  await sampled('two');
  expect(await live()).toMatchObject({ model: 'one', samples: 0, staticMs: null });
  await sampled('one');
  const { models: found, model, ...own } = await live();
  expect(Object.keys(found)).toEqual(['two', 'one']);
  expect({ model, own }).toEqual({ model: 'one', own: found.one });
  await comparing.close();
});

test('texts that a canary answers are not sampled: its figures would be taken for those of the stable version', async () => {
  const models = path.join(root, 'canary');
  for (const version of ['1', '2']) await writeTinyBundle(models, { version });
  const comparing = await startTestServer(models, {
    compare: { share: 1 },
    models: [{ name: 'tiny', version: '1', canary: { version: '2', percent: 100 } }],
  });
  await comparing.loaded;
  const answeredBy = async (version?: string) =>
    (await ask('/v1/predict', { text: texts[0], version }, {}, comparing.url)).body.version;
  for (let count = 0; count < 3; count += 1) expect(await answeredBy()).toBe('2');
  expect(await answeredBy('stable')).toBe('1');
  let metrics = '';
  while (!metrics.includes('retort_compare_seconds_count')) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    metrics = (await ask('/metrics', undefined, {}, comparing.url)).text;
  }
  expect(metrics).toContain('retort_compare_seconds_count{model="tiny",engine="eager"} 1');
  expect(metrics).not.toContain('retort_compare_dropped_total{');
  await comparing.close();
});

test('a server that ends tells connections to close while it still answers', async () => {
  const closing = await startTestServer(path.join(root, 'models'), {
    lifeCycle: { graceMs: 300, drainMs: 2000 },
  });
  await closing.loaded;
  const connection = async () =>
    (await ask('/v1/predict', { text: '好' }, {}, closing.url)).headers.get('connection');
  expect(await connection()).toBe('keep-alive');
  const closed = closing.close();
  expect(await connection()).toBe('close');
  await closed;
});

test('closing answers what is in flight', async () => {
  const closing = await startTestServer(path.join(root, 'models'));
  await closing.loaded;
  const inFlight = ask('/v1/predict', { texts: Array.from({ length: 50 }, () => texts[0]) }, {}, closing.url);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const [reply] = await Promise.all([inFlight, closing.close()]);
  expect([200, 503]).toContain(reply.status);
  await expect(ask('/v2', undefined, {}, closing.url)).rejects.toThrow();
});
