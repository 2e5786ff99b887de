/** Static against eager: on the spot, and sampled from live requests. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { RunningServer } from '../../serving/server.js';
import { accessibilityFindings, openPage, overflow, pictures, serve, startBrowser } from './harness.js';

let browser: Browser;
let server: RunningServer;
beforeAll(async () => {
  const options = { models: [{ name: 'student' }], compare: { share: 1 } };
  [browser, server] = await Promise.all([startBrowser(), serve(options)]);
  await server.loaded;
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

test('a comparison on the spot has a factor with its interval, both engines and every pair', async () => {
  const { page, complaints } = await openPage(browser, server, '#compare');
  await page.getByText('Nothing measured yet').waitFor();
  await page.getByRole('button', { name: 'Compare now' }).click();
  await page
    .getByText(/^\d[\d.]*×$/)
    .first()
    .waitFor({ timeout: 60_000 });
  await page
    .getByText(/Medians of \d+ pairs? of runs, single texts, 1 thread an engine/)
    .first()
    .waitFor();
  await page.getByRole('img', { name: 'Time of each run, static and eager' }).waitFor();
  expect(await accessibilityFindings(page)).toEqual([]);
  await page.screenshot({ path: `${pictures}/compare-1280.png`, fullPage: true });
  await page.setViewportSize({ width: 390, height: 900 });
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${pictures}/compare-390.png`, fullPage: true });
  expect(complaints).toEqual([]);
});

/** Asks until so many texts were sampled: those that come while another one runs are dropped. */
async function sampled(least: number): Promise<void> {
  for (let samples = 0; samples < least;) {
    const body = JSON.stringify({ text: '很好' });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${server.url}/v1/predict`, { method: 'POST', headers, body });
    ({ samples } = (await (await fetch(`${server.url}/v1/compare`)).json()) as { samples: number });
  }
}

test('figures of live requests appear when there are samples enough for intervals', async () => {
  const { page } = await openPage(browser, server);
  await page.getByRole('article', { name: 'student' }).getByRole('strong').waitFor();
  await sampled(6);
  await page.getByRole('link', { name: 'Static vs eager' }).click();
  await page.getByText(/\d+ pairs? of runs/).waitFor({ timeout: 60_000 });
});

test.each([
  [[1.02, 1.31], '1.14×', 'faster as a static graph', '95 %: 1.02 to 1.31'],
  [[0.71, 0.98], '0.83×', 'the eager speed: slower as a static graph', '95 %: 0.71 to 0.98'],
  [[0.96, 1.05], '1.01×', 'the eager speed: no difference that these pairs can tell', '95 %: 0.96 to 1.05'],
  [null, '1.20×', '5 pairs of runs compared so far: too few for an interval.', null],
] as const)('a factor with the interval %j says %s %s', async (interval, factor, said, limits) => {
  const { page } = await openPage(browser, server, '#models');
  const estimate = Number.parseFloat(factor);
  const time = { estimate: 2, interval: interval === null ? null : [1.5, 3] };
  const summary = {
    samples: interval === null ? 5 : 30,
    threads: 1,
    staticMs: time,
    eagerMs: time,
    speedup: { estimate, interval },
    largestLogitDifference: 0,
  };
  await page.route('**/v1/compare', (route) => route.fulfill({ json: { models: { student: summary } } }));
  await page.getByRole('link', { name: 'Static vs eager' }).click();
  await page.getByText(factor, { exact: true }).waitFor();
  await page.getByText(said).waitFor();
  expect(await page.getByText(/^95 %/).count()).toBe(limits === null ? 0 : 3);
  if (limits !== null) await page.getByText(limits).waitFor();
});

test('where there are no figures yet, says how many pairs there are', async () => {
  const { page } = await openPage(browser, server, '#models');
  const none = { staticMs: null, eagerMs: null, speedup: null, largestLogitDifference: 0 };
  const student = { samples: 1, threads: 1, ...none };
  await page.route('**/v1/compare', (route) => route.fulfill({ json: { models: { student } } }));
  await page.getByRole('link', { name: 'Static vs eager' }).click();
  await page.getByText('1 pair of runs compared so far: too few for an interval.').waitFor();
});

test('says how to switch sampling on', async () => {
  const off = await serve({ models: [{ name: 'student' }] });
  await off.loaded;
  const { page } = await openPage(browser, off, '#compare');
  await page.getByText('npx retort serve --compare-eager 0.05').waitFor();
  await off.close();
});
