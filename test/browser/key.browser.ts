/** A server that wants an API key: the page asks for one until it has one that the server takes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { ApiKeys } from '../../serving/access/api-keys.js';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { openPage, startBrowser } from './harness.js';

const key = 'right-key-0000000000';
let browser: Browser;
let server: RunningServer;
beforeAll(async () => {
  browser = await startBrowser();
  const keys = new ApiKeys([{ name: 'one', key }]);
  server = await startTestServer('models/repository', { models: [{ name: 'student' }], limits: {} }, keys);
  await server.loaded;
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

test('a wrong key is said to be one, and another may be given', async () => {
  const { page } = await openPage(browser, server);
  const dialog = page.getByRole('dialog', { name: 'This server wants a key' });
  await dialog.getByLabel('API key').fill('wrong-key-0000000000');
  await dialog.getByRole('button', { name: 'Use the key' }).click();
  await dialog.getByText('The server does not know that key.').waitFor();
  await dialog.getByLabel('API key').fill(key);
  await dialog.getByRole('button', { name: 'Use the key' }).click();
  await page
    .getByRole('article', { name: 'student' })
    .getByText(/^\d+\.\d%$/)
    .waitFor();
  expect(await dialog.isVisible()).toBe(false);
  expect(await page.getByRole('button', { name: 'Enter a key' }).isVisible()).toBe(false);
});

test('a key that no header takes is refused, and not kept', async () => {
  const { page } = await openPage(browser, server);
  const dialog = page.getByRole('dialog', { name: 'This server wants a key' });
  await dialog.getByLabel('API key').fill('密钥密钥密钥密钥密钥密钥密钥密钥');
  await dialog.getByRole('button', { name: 'Use the key' }).click();
  await dialog.getByText('A key has Latin letters, digits and signs alone.').waitFor();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  await dialog.getByLabel('API key').fill(key);
  await dialog.getByRole('button', { name: 'Use the key' }).click();
  await dialog.waitFor({ state: 'hidden' });
});

test('a dialog that was closed is opened again from the banner', async () => {
  const { page } = await openPage(browser, server);
  const dialog = page.getByRole('dialog', { name: 'This server wants a key' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(await page.getByRole('status').first().textContent()).not.toMatch(/\.\./);
  await page.getByRole('button', { name: 'Enter a key' }).click();
  await dialog.waitFor();
});

test('reports are asked for again with the key', async () => {
  const { page } = await openPage(browser, server, '#load');
  const dialog = page.getByRole('dialog', { name: 'This server wants a key' });
  await page.getByText('api_key_missing').waitFor();
  await dialog.getByLabel('API key').fill(key);
  await dialog.getByRole('button', { name: 'Use the key' }).click();
  await page.getByText('npx retort serve --reports reports').waitFor();
});

test('the model is fetched with the key, and runs in the browser', async () => {
  const { page, complaints } = await openPage(browser, server, '#browser');
  const dialog = page.getByRole('dialog', { name: 'This server wants a key' });
  await dialog.getByLabel('API key').fill(key);
  await dialog.getByRole('button', { name: 'Use the key' }).click();
  complaints.length = 0;
  await page.getByRole('button', { name: 'Load the model' }).click();
  await page.getByText('Same answer on both sides.').waitFor({ timeout: 60_000 });
  expect(complaints).toEqual([]);
});
