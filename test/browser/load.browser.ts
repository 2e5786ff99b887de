/** Load reports: two side by side, and what stands there without any. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Route } from 'playwright-core';
import type { RunningServer } from '../../serving/server.js';
import { accessibilityFindings, openPage, overflow, pictures, serve, startBrowser } from './harness.js';

let browser: Browser;
let server: RunningServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-reports-'));
  await writeFile(path.join(folder, 'before.json'), JSON.stringify(report(1)));
  await writeFile(path.join(folder, 'after.json'), JSON.stringify(report(2)));
  await writeFile(path.join(folder, 'other.json'), '{"kind": "something else"}');
  const options = { models: [{ name: 'student' }], reports: folder };
  [browser, server] = await Promise.all([startBrowser(), serve(options)]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
});

/** As `retort loadtest` writes it, as far as the page reads it. */
function report(factor: number) {
  const latencyMs = {
    p50: 8 / factor,
    p90: 14 / factor,
    p99: 31 / factor,
    p99_9: 44 / factor,
    max: 52 / factor,
  };
  const windows = Array.from({ length: 10 }, (_, second) => ({
    second,
    outcomes: { ok: 400 * factor + second * 3 },
    latencyMs: { ...latencyMs, p99: latencyMs.p99 + second / 5 },
  }));
  return {
    kind: 'closed-loop',
    url: 'http://127.0.0.1:8080',
    startedAt: '2026-11-24T20:00:00.000Z',
    warmupSeconds: 2,
    texts: 64,
    textsPerRequest: 1,
    ended: 'complete',
    connections: 16,
    measured: {
      durationSeconds: 10,
      requestsPerSecond: 400 * factor,
      outcomes: { ok: 4000 * factor, '429': 3 },
      latencyMs,
      windows,
    },
    machine: {},
  };
}

test('two reports side by side, chosen by name and kept in the address', async () => {
  const { page, complaints } = await openPage(browser, server, '#load?a=before&b=after');
  await page.getByRole('columnheader', { name: 'before' }).waitFor();
  const throughput = page.getByRole('row', { name: /^Texts\/s/ });
  expect(await throughput.getByRole('cell').allTextContents()).toEqual(['400.0', '800.0']);
  await page.getByText('429 × 3').first().waitFor();
  await page.getByRole('img', { name: 'Latency by second, p99' }).waitFor();
  expect(await accessibilityFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}/load-1280.png`, fullPage: true });
  await page.setViewportSize({ width: 390, height: 900 });
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${pictures}/load-390.png`, fullPage: true });
  await page.getByRole('combobox', { name: /^Second/ }).selectOption('before');
  await page.waitForURL(/b=before/);
  expect(complaints).toEqual([]);
});

test('figures stand under the name of their own report while another is fetched', async () => {
  const { page } = await openPage(browser, server, '#load?a=before&b=after');
  const heads = page.getByRole('region', { name: 'Table of results' }).getByRole('columnheader');
  await heads.last().waitFor();
  const held: Route[] = [];
  await page.route('**/v1/load-reports/before', (route) => {
    held.push(route);
  });
  const asked = page.waitForRequest('**/v1/load-reports/before');
  await page.getByRole('combobox', { name: /^Second/ }).selectOption('before');
  await asked;
  expect(await heads.allTextContents()).toEqual(['before', 'after']);
  for (const route of held) await route.continue();
  await heads.filter({ hasText: 'before' }).nth(1).waitFor();
});

test.each([
  ['en-GB', 'The answer is not what this page expects.', 'Reload the page: the server may be newer.'],
  ['zh-CN', '回答与本页预期的不符。', '请刷新页面：服务可能更新过。'],
])('a file that is no report is named as such, in %s', async (locale, message, hint) => {
  const { page } = await openPage(browser, server, '#load?a=other&b=after', { locale });
  await page.getByText(message).waitFor();
  await page.getByText(hint).waitFor();
});

test('says how to get reports where there are none', async () => {
  const none = await serve({ models: [{ name: 'student' }] });
  const { page } = await openPage(browser, none, '#load');
  await page.getByText('npx retort serve --reports reports').waitFor();
  await none.close();
});
