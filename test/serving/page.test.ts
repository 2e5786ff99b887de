/** The page's files, ONNX Runtime's for a browser, and what the page asks about models. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { browserRuntime, page } from '../../serving/http/page.js';
import { ModelGraphs } from '../../serving/model-graphs.js';
import type { ServedModel } from '../../serving/model-registry.js';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

const script = 'export {};\n'.repeat(1000);

let root: string;
let site: Server;
let server: RunningServer;
const urlOf = (served: Server) => `http://127.0.0.1:${String((served.address() as AddressInfo).port)}`;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-page-'));
  const web = path.join(root, 'web');
  await mkdir(path.join(web, 'assets'), { recursive: true });
  await writeFile(path.join(web, 'index.html'), '<title>Retort</title>');
  await writeFile(path.join(web, 'assets', 'index-abc.js'), '1');
  await writeFile(path.join(web, 'assets', 'large-abc.js'), script);
  const app = express().use('/runtime', browserRuntime()).use(page(web));
  site = createServer(app).listen(0, '127.0.0.1');
  await writeTinyBundle(path.join(root, 'models'));
  server = await startTestServer(path.join(root, 'models'));
  await server.loaded;
});
afterAll(async () => {
  site.close();
  await server.close();
  await rm(root, { recursive: true });
});

test('the page comes with a policy that lets nothing in from elsewhere', async () => {
  const { status, headers } = await fetch(`${urlOf(site)}/`);
  expect(status).toBe(200);
  const policy = headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('cache-control')).toBe('no-cache');
});

test('files with a hash in their name are kept for good', async () => {
  const { headers } = await fetch(`${urlOf(site)}/assets/index-abc.js`);
  expect(headers.get('cache-control')).toContain('immutable');
});

test('scripts are compressed for who takes that, and whole for who does not', async () => {
  for (const encoding of ['br', 'gzip', 'identity']) {
    const response = await fetch(`${urlOf(site)}/assets/large-abc.js`, {
      headers: { 'accept-encoding': encoding },
    });
    expect(response.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding);
    expect(response.headers.get('vary')).toContain('Accept-Encoding');
    expect(await response.text()).toBe(script);
  }
});

test('the browser gets ONNX Runtime, isolated, and nothing else of its package', async () => {
  const wasm = await fetch(`${urlOf(site)}/runtime/ort-wasm-simd-threaded.wasm`, { method: 'HEAD' });
  expect(wasm.headers.get('content-type')).toBe('application/wasm');
  expect(wasm.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  for (const file of ['package.json', '..%2fpackage.json', 'ort.js'])
    expect((await fetch(`${urlOf(site)}/runtime/${file}`)).status).toBe(404);
});

test('GET /v1/models gives manifests and limits', async () => {
  const answer: unknown = await (await fetch(`${server.url}/v1/models`)).json();
  expect(answer).toMatchObject({
    models: [
      {
        ready: true,
        workers: 1,
        precision: 'fp32',
        file: 'model.onnx',
        manifest: { name: 'tiny', version: '1' },
      },
    ],
    limits: { textCharacters: 500 },
  });
});

test('a version gives its graphs, drawn when they are asked for', async () => {
  const url = '/v1/models/tiny/versions/1/graphs';
  const drawn: unknown = await (await fetch(`${server.url}${url}`)).json();
  expect(drawn).toMatchObject({ file: 'model.onnx', after: { left: 0 } });
  expect(await (await fetch(`${server.url}${url}`)).json()).toEqual(drawn);
  expect((await fetch(`${server.url}/v1/models/tiny/versions/9/graphs`)).status).toBe(404);
});

test('drawings are made one after another and kept; what failed is tried again', async () => {
  const drawing = { width: 1, height: 1, nodes: [], edges: [], left: 0 };
  const asked: string[] = [];
  const graphs = new ModelGraphs((folder, file) => {
    asked.push(`${folder} ${file}`);
    if (asked.length === 1) return Promise.reject(new Error('no memory'));
    return Promise.resolve({ file, rules: [], before: null, after: drawing });
  });
  const model = {
    folder: 'a',
    manifest: { name: 'tiny', version: '1' },
    pool: { facts: { file: 'model.onnx' } },
  } as unknown as ServedModel;
  await expect(graphs.of(model)).rejects.toMatchObject({ code: 'graph_undrawable' });
  const [first, second] = await Promise.all([graphs.of(model), graphs.of(model)]);
  expect(second).toBe(first);
  expect(asked).toEqual(['a model.onnx', 'a model.onnx']);
  await expect(new ModelGraphs(null).of(model)).rejects.toThrow(/nothing that draws/);
});

test('a version gives the files that its manifest lists, by their hash', async () => {
  const folder = path.join(root, 'models', 'tiny', '1');
  const url = `${server.url}/v1/models/tiny/versions/1/files`;
  const response = await fetch(`${url}/vocab.txt`);
  expect(await response.text()).toBe(await readFile(path.join(folder, 'vocab.txt'), 'utf8'));
  const tag = response.headers.get('etag') ?? '';
  expect((await fetch(`${url}/vocab.txt`, { headers: { 'if-none-match': tag } })).status).toBe(304);
  for (const file of ['other.txt', 'manifest.json', '..%2f1%2fvocab.txt']) {
    const missing = await fetch(`${url}/${file}`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ error: { code: 'model_file_unknown' } });
  }
});
