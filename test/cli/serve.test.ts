/** `retort serve` and `retort loadtest`: a server that answers, drains when it is told to, and survives a bad bundle. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { reportSchema } from '../../loadtest/report.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { killAll, retort, serve, start } from './retort.js';

let repository: string;
beforeEach(async () => {
  repository = await mkdtemp(path.join(tmpdir(), 'retort-serve-'));
  await writeTinyBundle(repository);
});
afterEach(async () => {
  killAll();
  await rm(repository, { recursive: true });
});

const answerSchema = z.object({
  model: z.string(),
  version: z.string(),
  results: z.array(z.object({ label: z.string() })),
});

async function predict(url: string, body: unknown) {
  const response = await fetch(`${url}/v1/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...answerSchema.parse(await response.json()) };
}

async function flipBit(version: string): Promise<void> {
  const file = path.join(repository, 'tiny', version, 'model.onnx');
  const bytes = await readFile(file);
  bytes[500] = bytes[500]! ^ 1;
  await writeFile(file, bytes);
}

test.each(['SIGTERM', 'SIGINT'] as const)('answers, and ends with 0 at %s', async (signal) => {
  const { url, child, ended } = await serve('--repository', repository);
  expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
  expect(await predict(url, { text: '房间很干净' })).toMatchObject({ status: 200, version: '1' });
  child.kill(signal);
  expect(await ended).toMatchObject({ status: 0 });
});

test('what is in flight at SIGTERM is answered', async () => {
  const limits = ['--max-batch', '1', '--max-body-bytes', String(2 ** 24)];
  const { url, child, ended } = await serve('--repository', repository, ...limits);
  const texts = Array.from({ length: 256 }, () => '房间很干净，服务也好。'.repeat(300));
  const answer = predict(url, { texts });
  // Until it has come in: its texts wait, or on a very fast machine it is answered.
  const cameIn = /^retort_queue_depth[{].* [1-9]|^retort_requests_total[{].*predict/m;
  while (!cameIn.test(await (await fetch(`${url}/metrics`)).text()));
  child.kill('SIGTERM');
  const { status, results } = await answer;
  expect({ status, results: results.length }).toEqual({ status: 200, results: texts.length });
  expect(await ended).toMatchObject({ status: 0 });
});

test('ends with 0 at SIGTERM while a worker computes what nobody waits for any more', async () => {
  // Ids, so that the worker spends its time inside ONNX Runtime.
  const [rows, length] = [200, 5000];
  await writeTinyBundle(repository, { maxWords: length, replace: true });
  const inputs = [
    {
      name: 'input_ids',
      shape: [rows, length],
      datatype: 'INT64',
      data: new Array<number>(rows * length).fill(1),
    },
    {
      name: 'sequence_lengths',
      shape: [rows],
      datatype: 'INT32',
      data: new Array<number>(rows).fill(length),
    },
  ];
  const limits = ['--max-body-bytes', String(2 ** 24)];
  for (let round = 0; round < 3; round += 1) {
    const { url, child, ended } = await serve('--repository', repository, ...limits);
    const client = new AbortController();
    const asked = fetch(`${url}/v2/models/tiny/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
      signal: client.signal,
    }).catch(() => null);
    while (!/^retort_queue_depth[{].* [1-9]/m.test(await (await fetch(`${url}/metrics`)).text()));
    client.abort();
    await asked;
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0 });
  }
}, 30_000);

test('what a file says of one model, an option says of all', async () => {
  const file = path.join(repository, 'config.json');
  const models = [{ name: 'tiny', workers: 9, session: { precision: 'int8' } }];
  await writeFile(file, JSON.stringify({ repository, models }));
  const { url } = await serve('--config', file, '--precision', 'fp32');
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^retort_workers_ready[{].* 1$/m);
});

test('a damaged version is refused with its reason while an older one serves', async () => {
  await writeTinyBundle(repository, { version: '2' });
  await flipBit('2');
  const server = await serve('--repository', repository);
  expect(await predict(server.url, { text: '很好' })).toMatchObject({ status: 200, version: '1' });
  const [line] = await server.says('stderr', /.*version refused.*/);
  expect(JSON.parse(line)).toMatchObject({ model: 'tiny', version: '2', code: 'bundle_corrupt' });
});

test('serves the models that are named, the first where a request names none', async () => {
  for (const name of ['another', 'unasked']) await writeTinyBundle(repository, { name });
  const { url } = await serve('--repository', repository, '--models', 'tiny, another');
  const ready = async (name: string) => (await fetch(`${url}/v2/models/${name}/ready`)).status;
  expect([await ready('tiny'), await ready('another'), await ready('unasked')]).toEqual([200, 200, 404]);
  expect(await predict(url, { text: '很好' })).toMatchObject({ status: 200, model: 'tiny' });
});

test('a name that the repository lacks ends the server with the names that are there', async () => {
  const { status, stderr } = await retort(
    'serve',
    '--port',
    '0',
    '--repository',
    repository,
    '--models',
    'tiny,nine',
  );
  expect(status).toBe(1);
  expect(stderr).toContain('There is no model nine');
  expect(stderr).toContain('Models there: tiny.');
});

test('a server without a model that loads says so, is not ready, and still ends with 0', async () => {
  await flipBit('1');
  const server = start('serve', '--port', '0', '--workers', '1', '--repository', repository);
  const [, url] = await server.says('stderr', /"url":"([^"]+)"/);
  await server.says('stderr', /no model serves/);
  expect((await fetch(`${url!}/v2/health/ready`)).status).toBe(503);
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ status: 0, stdout: '' });
});

test('a load test of it prints its report and writes it as JSON', async () => {
  const { url } = await serve('--repository', repository);
  const out = path.join(repository, 'load.json');
  const load = ['loadtest', url, '--duration', '1', '--warmup', '0', '--connections', '2'];
  const { status, stdout } = await retort(...load, '--out', out, '--json');
  expect(status).toBe(0);
  const report = reportSchema.parse(JSON.parse(stdout));
  expect(report.measured.outcomes).toEqual({ ok: expect.any(Number) });
  expect(report.serverSeen?.stages.map(({ stage }) => stage)).toContain('infer');
  expect(reportSchema.parse(JSON.parse(await readFile(out, 'utf8')))).toEqual(report);

  const readable = await retort(...load);
  expect(readable.status).toBe(0);
  expect(readable.stdout).toContain('latency');
});

test('a load test of nothing says that nothing answers', async () => {
  const { url, child, ended } = await serve('--repository', repository);
  child.kill('SIGTERM');
  await ended;
  const { status, stderr } = await retort('loadtest', url, '--duration', '1');
  expect(status).toBe(1);
  expect(stderr).toContain('loadtest_unreachable');
});
