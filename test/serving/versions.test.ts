/** Versions changed over HTTP. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
let server: RunningServer;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-versions-'));
  for (const version of ['1', '2']) await writeTinyBundle(root, { version });
  server = await startTestServer(root, { models: [{ name: 'tiny', version: '1' }] });
  await server.loaded;
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

async function post(route: string, body: unknown = {}) {
  const response = await fetch(`${server.url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as { version?: string } };
}

const answering = async (extra: object = {}) =>
  (await post('/v1/predict', { text: '好', ...extra })).body.version;

const described = async () => (await fetch(`${server.url}/v2/models/tiny`)).json();

test('a version is loaded by its number, rolled back, and given a share', async () => {
  expect(await answering()).toBe('1');
  expect((await post('/v1/models/tiny/rollback')).status).toBe(422);
  expect((await post('/v1/models/tiny/load', { version: '2' })).status).toBe(200);
  expect(await answering()).toBe('2');
  expect((await post('/v1/models/tiny/rollback')).status).toBe(200);
  expect(await answering()).toBe('1');
  expect((await post('/v1/models/tiny/canary', { version: '2', percent: 100 })).status).toBe(200);
  expect([await answering(), await answering({ version: 'stable' })]).toEqual(['2', '1']);
  expect(await described()).toMatchObject({ name: 'tiny', versions: ['1', '2'] });
  expect((await post('/v1/models/tiny/canary', { version: '2', percent: 0 })).status).toBe(200);
  expect(await described()).toMatchObject({ name: 'tiny', versions: ['1'] });
  expect(await answering()).toBe('1');
});

test('what is not there is 404, what does not fit 422', async () => {
  expect((await post('/v1/models/tiny/load', { version: '9' })).status).toBe(404);
  expect((await post('/v1/models/none/rollback')).status).toBe(404);
  expect((await post('/v1/models/tiny/canary', { version: '2', percent: 120 })).status).toBe(422);
});

test('a share for the stable version is 422', async () => {
  expect((await post('/v1/models/tiny/canary', { version: '1', percent: 5 })).body).toMatchObject({
    error: { code: 'canary_stable' },
  });
});

test('a version that is a copy of another is refused: its manifest names that one', async () => {
  await cp(path.join(root, 'tiny', '1'), path.join(root, 'tiny', '3'), { recursive: true });
  await cp(path.join(root, 'tiny', '1'), path.join(root, 'other', '1'), { recursive: true });
  for (const [model, version] of [
    ['tiny', '3'],
    ['other', '1'],
  ]) {
    expect((await post(`/v1/models/${model}/load`, { version })).body).toMatchObject({
      error: { code: 'bundle_malformed', message: expect.stringContaining('tiny 1') },
    });
  }
  expect(await answering()).toBe('1');
});

test('an explanation weighs each word', async () => {
  const { status, body } = await post('/v1/predict', { text: '房间很干净', explain: true });
  const [result] = (body as unknown as { results: { attributions: { text: string; weight: number }[] }[] })
    .results;
  expect(status).toBe(200);
  expect(result!.attributions.map(({ text }) => text).join('')).toBe('房间很干净');
  expect((await post('/v1/predict', { texts: ['好', '差'], explain: true })).status).toBe(422);
});
