/** The Models panel: what each manifest says. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { RunningServer } from '../../serving/server.js';
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
    expect(await card.getByText('retort train').count()).toBe(1);
  }
  expect(await accessibilityFindings(page)).toEqual([]);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${pictures}/models-${String(width)}.png`, fullPage: true });
  expect(complaints).toEqual([]);
});
