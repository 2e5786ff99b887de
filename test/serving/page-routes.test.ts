/** What the page asks for beside predictions: ids, comparisons, reports, and changes of versions. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
let server: RunningServer;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-page-routes-'));
  await writeTinyBundle(path.join(root, 'models'));
  const reports = path.join(root, 'reports');
  await mkdir(reports);
  await writeFile(path.join(reports, 'a.json'), '{"kind":"closed-loop"}');
  await writeFile(path.join(reports, 'notes.txt'), '');
  await writeFile(path.join(root, 'secret.json'), '{}');
  server = await startTestServer(path.join(root, 'models'), { reports });
  await server.loaded;
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

async function ask(route: string, body?: unknown, url = server.url) {
  const post = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  };
  const response = await fetch(url + route, body === undefined ? {} : post);
  const answer: unknown = await response.json();
  return { status: response.status, body: answer };
}

describe('POST /v1/tokenize', () => {
  test('gives an id for each piece; infer takes the ids for the text', async () => {
    const text = '房间很干净，服务也好。';
    const { body } = await ask('/v1/tokenize', { text });
    const { ids, pieces } = body as { ids: number[]; pieces: string[] };
    expect(pieces.join('')).toBe(text);
    expect(ids).toHaveLength(pieces.length);
    const byText = await ask('/v1/predict', { text, logits: true });
    const byIds = await ask('/v2/models/tiny/infer', {
      inputs: [
        { name: 'input_ids', datatype: 'INT64', shape: [1, ids.length], data: ids },
        { name: 'sequence_lengths', datatype: 'INT32', shape: [1], data: [ids.length] },
      ],
    });
    const { results } = byText.body as { results: { logits: number[] }[] };
    const { outputs } = byIds.body as { outputs: { data: number[] }[] };
    expect(outputs[0]!.data).toEqual(results[0]!.logits);
  });

  test('keeps the limits of a prediction', async () => {
    expect((await ask('/v1/tokenize', { text: '好'.repeat(501) })).status).toBe(422);
    expect((await ask('/v1/tokenize', { texts: ['好'] })).status).toBe(422);
  });
});

describe('POST /v1/compare', () => {
  test('runs every text as often as asked on both engines, which agree', async () => {
    const { status, body } = await ask('/v1/compare', { texts: ['很好', '太差了'], runs: 3 });
    expect(status).toBe(200);
    const { pairs, summary } = body as {
      pairs: { staticMs: number; difference: number }[];
      summary: { samples: number };
    };
    expect(pairs).toHaveLength(6);
    expect(Math.max(...pairs.map(({ difference }) => difference))).toBeLessThan(1e-4);
    expect(summary).toMatchObject({ samples: 6, threads: 1 });
  });

  test('one at a time', async () => {
    const body = { texts: ['很好'], runs: 5 };
    const answers = await Promise.all([ask('/v1/compare', body), ask('/v1/compare', body)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429]);
  });

  test('is bounded', async () => {
    expect((await ask('/v1/compare', { texts: ['好'], runs: 1000 })).status).toBe(422);
  });
});

describe('GET /v1/load-reports', () => {
  test('lists the reports of the folder and gives each', async () => {
    expect((await ask('/v1/load-reports')).body).toEqual({
      reports: [{ name: 'a', modifiedAt: expect.any(String) }],
    });
    expect((await ask('/v1/load-reports/a')).body).toEqual({ kind: 'closed-loop' });
  });

  test.each(['b', '..%2fsecret', 'notes'])('has no report %s', async (name) => {
    const { status, body } = await ask(`/v1/load-reports/${name}`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: expect.stringMatching(/report_unknown|route_unknown/) } });
  });

  test('says that no folder was given', async () => {
    const plain = await startTestServer(path.join(root, 'models'));
    expect((await ask('/v1/load-reports', undefined, plain.url)).body).toMatchObject({
      error: { code: 'reports_off' },
    });
    await plain.close();
  });
});

test('a rollback without a version before, and a version that is not there, are refused by name', async () => {
  expect((await ask('/v1/models/tiny/rollback', {})).body).toMatchObject({
    error: { code: 'model_without_previous' },
  });
  expect((await ask('/v1/models/tiny/load', { version: '9' })).body).toMatchObject({
    error: { code: 'model_missing' },
  });
  expect((await ask('/v1/models/tiny/canary', { version: '1', percent: 101 })).status).toBe(422);
});
