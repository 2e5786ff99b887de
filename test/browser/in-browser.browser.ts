/** The student in the browser: the same logits as the server's, and what happens where it cannot run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { accessibilityFindings, openPage, overflow, pictures, serve, startBrowser } from './harness.js';

let browser: Browser;
let server: RunningServer;
let whole: RunningServer;
const precisionServed = (precision: 'int8' | 'fp16') =>
  serve({ models: [{ name: 'student' }], session: { precision } });
beforeAll(async () => {
  [browser, server, whole] = await Promise.all([
    startBrowser(),
    precisionServed('int8'),
    precisionServed('fp16'),
  ]);
  await Promise.all([server.loaded, whole.loaded]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([server.close(), whole.close()]);
});

const answerSchema = z.looseObject({
  results: z.array(z.looseObject({})),
  timings: z.looseObject({}),
});

/** 32 words, as the student's segmenter cuts them. */
const words32 = '房间 很 干净 服务 也 好 就是 隔音 太 差 '.replaceAll(' ', '，').repeat(2).slice(0, 44);

test('runs the variant that the server runs: loads with progress, is kept, and agrees with it', async () => {
  const { page, complaints } = await openPage(browser, server, '#browser');
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page.getByRole('progressbar', { name: 'Loading runtime and model' }).waitFor();
  await page.getByText('Same answer on both sides.').waitFor({ timeout: 60_000 });
  await page.getByLabel('Review').fill(words32);
  await page.getByRole('button', { name: 'Run on both sides' }).click();
  await page.getByText(/runs a side, in turns, 3\d words/).waitFor({ timeout: 60_000 });
  const difference = await page.getByText('Largest logit difference').textContent();
  expect(Number(/difference: ([\d.e-]+\d)/.exec(difference ?? '')?.[1])).toBeLessThan(1e-2);
  expect(difference).toContain('Up to 0.01 counts as the same');
  const sides = await page.getByRole('columnheader').allTextContents();
  expect(sides).toEqual(['Here (WebAssembly, int8)', 'Server (int8)']);
  const row = page.getByRole('row', { name: /^Inference, median/ });
  process.stderr.write(`browser beside server: ${String(await row.textContent())}\n`);
  expect(await page.getByText('POST /v1/tokenize').count()).toBe(1);
  expect(await accessibilityFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}/browser-1280.png`, fullPage: true });
  await page.setViewportSize({ width: 390, height: 900 });
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${pictures}/browser-390.png`, fullPage: true });

  await page.reload();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page.getByText('Same answer on both sides.').waitFor({ timeout: 60_000 });
  expect(requests.filter((url) => url.endsWith('.onnx'))).toEqual([]);
  expect(complaints).toEqual([]);
});

test('an answer that the server kept has no time of inference; one by another model is not compared', async () => {
  const { page } = await openPage(browser, server);
  const escalated: { answered_by?: string } = {};
  await page.route('**/v1/predict', async (route) => {
    const response = await route.fetch();
    const answer = answerSchema.parse(await response.json());
    const results = answer.results.map((result) => ({ ...result, ...escalated }));
    await route.fulfill({
      response,
      json: { ...answer, results, timings: { ...answer.timings, inferMs: 0 } },
    });
  });
  await page.getByRole('link', { name: 'In your browser' }).click();
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page.getByText('Same answer on both sides.').waitFor({ timeout: 60_000 });
  const inference = page.getByRole('row', { name: /^Inference, median/ });
  expect(await inference.getByRole('cell').last().textContent()).toBe('–');
  escalated.answered_by = 'teacher';
  await page.getByRole('button', { name: 'Run on both sides' }).click();
  await page.getByText('teacher answered this review on the server').waitFor();
  expect(await page.getByText(/on both sides\.|sides differ/).count()).toBe(0);
});

test('a second click on Load loads nothing more; a review that is too long is not sent', async () => {
  const { page } = await openPage(browser, server);
  await page.getByLabel('Review', { exact: true }).fill('好'.repeat(20_000));
  await page.getByRole('link', { name: 'In your browser' }).click();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.getByRole('button', { name: 'Load the model' }).waitFor();
  await page.evaluate(
    "{ const button = document.querySelector('.offer .button-main'); button.click(); button.click(); }",
  );
  await page.getByText('Run on both sides').waitFor({ timeout: 60_000 });
  expect(await page.getByRole('button', { name: 'Run on both sides' }).isDisabled()).toBe(true);
  expect(asked.filter((name) => name.includes('golden'))).toHaveLength(1);
  expect(asked).not.toContain('/v1/tokenize');
  await page.getByLabel('Review').fill('很好');
  await page.getByRole('button', { name: 'Run on both sides' }).click();
  await page.getByText('Same answer on both sides.').waitFor({ timeout: 60_000 });
});

test('what computes in floats agrees to 1e-3', async () => {
  const { page } = await openPage(browser, whole, '#browser');
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page.getByText('Same answer on both sides.').waitFor({ timeout: 60_000 });
  await page.getByText('Up to 0.001 counts as the same').waitFor();
  expect(await page.getByRole('columnheader').allTextContents()).toEqual([
    'Here (WebAssembly, fp16)',
    'Server (fp16)',
  ]);
});

test('where the variant of the server cannot run, the first of the bundle runs, and the page says so', async () => {
  const { page } = await openPage(browser, server);
  await page.route(/model\.int8.*\.onnx/, (route) => route.fulfill({ body: 'no model' }));
  await page.goto(`${server.url}/#browser`);
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page
    .getByText('The server runs the network as int8, which cannot run here; this is its fp16 form.')
    .waitFor({ timeout: 60_000 });
  await page
    .getByText(/Same label on both sides; their logits are of two forms/)
    .waitFor({ timeout: 60_000 });
  expect(await page.getByText('counts as the same').count()).toBe(0);
  expect(await page.getByRole('columnheader').allTextContents()).toEqual([
    'Here (WebAssembly, fp16)',
    'Server (int8)',
  ]);
  expect(await accessibilityFindings(page)).toEqual([]);
});

test('without WebAssembly says so', async () => {
  const { page } = await openPage(browser, server);
  await page.addInitScript('delete globalThis.WebAssembly');
  await page.goto(`${server.url}/#browser`);
  await page.reload();
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page.getByText('This browser has no WebAssembly.').waitFor();
});

test('where the worker is blocked says so', async () => {
  const { page } = await openPage(browser, server);
  await page.route(/inference\.worker/, (route) => route.abort());
  await page.goto(`${server.url}/#browser`);
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page.getByText('The worker that computes did not start.').waitFor({ timeout: 20_000 });
});

test('where the server runs another version by now, that one is offered, and alone is kept', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'retort-in-browser-'));
  await writeTinyBundle(root);
  const swapping = await startTestServer(root);
  await swapping.loaded;
  const { page } = await openPage(browser, swapping, '#browser');
  const loadHere = async (name: string) => {
    await page.getByText(name, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Load the model' }).click();
    await page.getByText('Same answer on both sides.').waitFor({ timeout: 60_000 });
  };
  const swapIn = (version: string) =>
    fetch(`${swapping.url}/v1/models/tiny/load`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ version }),
    });
  const kept = () =>
    page.evaluate<string[]>(
      "caches.open('retort').then((cache) => cache.keys()).then((keys) => keys.map(({ url }) => new URL(url).pathname))",
    );
  try {
    await loadHere('tiny 1');
    await writeTinyBundle(root, { version: '2' });
    await swapIn('2');
    await loadHere('tiny 2');
    const file = '/v1/models/tiny/versions/2/files/model.onnx';
    expect((await kept()).filter((name) => name.startsWith('/v1/'))).toEqual([file]);
    await writeTinyBundle(root, { version: '2', replace: true, goldenError: 1e-5 });
    await swapIn('2');
    await loadHere('tiny 2');
  } finally {
    await swapping.close();
    await rm(root, { recursive: true });
  }
});
