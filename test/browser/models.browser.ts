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
    expect(await card.getByRole('row').count()).toBeGreaterThan(1);
    await card.getByText('Lineage').click();
    expect(await card.getByText(/retort (train|report)/).count()).toBe(1);
  }
  expect(await accessibilityFindings(page)).toEqual([]);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${pictures}/models-${String(width)}.png`, fullPage: true });
  expect(complaints).toEqual([]);
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
