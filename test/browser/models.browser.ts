/** The Models panel: what each manifest says. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { accessibilityFindings, openPage, overflow, pictures, serve, startBrowser } from './harness.js';

let browser: Browser;
let server: RunningServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), serve()]);
  await server.loaded;
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

test.each([1280, 390])('shows accuracy and lineage of every model, at %i pixels', async (width) => {
  const { page, complaints } = await openPage(browser, server, '#models', {
    viewport: { width, height: 900 },
  });
  for (const name of ['student', 'teacher']) {
    const card = page.getByRole('article', { name });
    await card.getByRole('row').first().waitFor();
    expect(await card.getByRole('row').count()).toBeGreaterThan(1);
    await card.getByText('Lineage').click();
    expect(await card.getByText(/retort (train|report)/).count()).toBe(1);
  }
  expect(await accessibilityFindings(page)).toEqual([]);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${pictures}/models-${String(width)}.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

test.each([
  ['en-GB', 1280],
  ['zh-CN', 390],
])('the graph before and after fusion is drawn when it is wanted, in %s', async (locale, width) => {
  const { page, complaints } = await openPage(browser, server, '#models', {
    locale,
    viewport: { width, height: 900 },
  });
  const chinese = locale === 'zh-CN';
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/graphs')) asked.push(request.url());
  });
  for (const name of ['student', 'teacher']) {
    const card = page.getByRole('article', { name });
    await card.getByText(chinese ? '融合前后的计算图' : 'Graph before and after fusion').click();
    const picture = card.getByRole('application');
    await picture.waitFor({ timeout: 60_000 });
    const legend = card.getByRole('list', { name: chinese ? '生成节点的规则' : 'Rules that made nodes' });
    expect(await legend.getByRole('listitem').count()).toBeGreaterThan(0);
    await picture.focus();
    for (const key of ['+', 'ArrowDown', 'ArrowRight', '-', '0', 'Home']) {
      const seen = (await picture.getAttribute('viewBox')) ?? '';
      await page.keyboard.press(key);
      await card.locator(`svg[role=application]:not([viewBox="${seen}"])`).waitFor();
    }
    await page.keyboard.press('n');
    await card
      .getByRole('status')
      .getByText(/^input input_ids/)
      .waitFor();
    await card.getByRole('radio').first().check();
    await card
      .getByRole('list', { name: chinese ? '取代节点的规则' : 'Rules that took out nodes' })
      .waitFor();
    await card.getByRole('application').focus();
    await page.keyboard.press('0');
  }
  expect(asked).toHaveLength(2);
  expect(await accessibilityFindings(page)).toEqual([]);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${pictures}/graphs-${String(width)}.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

test('a graph that cannot be drawn says why, and is asked for again', async () => {
  const { page } = await openPage(browser, server, '#models');
  await page.route('**/graphs', (route) =>
    route.fulfill({
      status: 503,
      json: { error: { code: 'graph_undrawable', message: 'It cannot be drawn.', hint: 'Wait.' } },
    }),
  );
  const card = page.getByRole('article', { name: 'student' });
  await card.getByText('Graph before and after fusion').click();
  await card.getByRole('alert').getByText('It cannot be drawn.').waitFor();
  await page.unroute('**/graphs');
  await card.getByRole('button', { name: 'Try again' }).click();
  await card.getByRole('application').waitFor({ timeout: 60_000 });
});

test('a version is loaded, and rolled back; one that was deleted is refused with its reason', async () => {
  const repository = await mkdtemp(path.join(tmpdir(), 'retort-versions-'));
  await writeTinyBundle(repository);
  const first = path.join(repository, 'tiny', '1');
  for (const version of ['2', '3']) {
    const folder = path.join(repository, 'tiny', version);
    await cp(first, folder, { recursive: true });
    const manifest = await readFile(path.join(folder, 'manifest.json'), 'utf8');
    await writeFile(
      path.join(folder, 'manifest.json'),
      manifest.replace('"version": "1"', `"version": "${version}"`),
    );
  }
  const own = await startTestServer(repository, { models: [{ name: 'tiny' }] });
  await own.loaded;
  const { page } = await openPage(browser, own, '#models');
  const card = page.getByRole('article', { name: 'tiny' });
  const row = (version: string) => card.getByRole('row', { name: new RegExp(`^${version} `) });
  await row('3').getByText('stable').waitFor();
  await row('2').getByRole('button', { name: 'Load' }).click();
  await row('2').getByText('stable').waitFor();
  await card.getByRole('button', { name: 'Roll back' }).click();
  await row('3').getByText('stable').waitFor();
  await card.getByLabel('Canary').selectOption('2');
  await card.getByRole('button', { name: 'Apply' }).click();
  await row('2').getByText('canary').waitFor();
  await page.screenshot({ path: `${pictures}/versions.png`, fullPage: true });
  await rm(first, { recursive: true });
  await row('1')
    .getByRole('button', { name: 'Load' })
    .click({ timeout: 3000 })
    .catch(() => undefined);
  await row('1').waitFor({ state: 'detached' });
  expect(await row('3').getByText('stable').count()).toBe(1);
  await own.close();
  await rm(repository, { recursive: true });
});
