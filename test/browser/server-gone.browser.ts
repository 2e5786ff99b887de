/** A server that goes away while the page is open, and comes back. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openPage, pictures, serve, startBrowser } from './harness.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

test('says so, keeps what was typed, and goes on when the server is back', async () => {
  const first = await serve({ models: [{ name: 'student' }] });
  await first.loaded;
  const { page } = await openPage(browser, first);
  await page
    .getByRole('article', { name: 'student' })
    .getByText(/^\d+\.\d%$/)
    .waitFor();
  await first.close();
  await page.getByText('The server does not answer.').first().waitFor();
  await page.getByLabel('Review', { exact: true }).fill('服务太差了');
  await page.screenshot({ path: `${pictures}/offline.png` });
  const again = await serve({ models: [{ name: 'student' }], port: Number(new URL(first.url).port) });
  await again.loaded;
  await page
    .getByRole('article', { name: 'student' })
    .getByRole('strong')
    .filter({ hasText: 'Negative' })
    .waitFor();
  expect(await page.getByLabel('Review', { exact: true }).inputValue()).toBe('服务太差了');
  await again.close();
});
