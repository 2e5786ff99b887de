/** What the page weighs, and when it first paints: printed, and the weight held to its bound. */
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { median } from '../../core/statistics.js';
import type { RunningServer } from '../../serving/server.js';
import { openPage, serve, startBrowser } from './harness.js';

let browser: Browser;
let server: RunningServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), serve({ models: [{ name: 'student' }] })]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Of all panels' scripts together, without ONNX Runtime's. */
const bound = 200_000;

test('all scripts of all panels stay under 200 kB gzipped', async () => {
  const folder = 'dist/web/assets';
  const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const sizes = await Promise.all(
    scripts.map(async (name) => {
      const packed = await promisify(gzip)(await readFile(`${folder}/${name}`));
      return { name, bytes: packed.length };
    }),
  );
  const all = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const each = sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(', ');
  process.stdout.write(`scripts, gzipped: ${all} bytes (${each})\n`);
  expect(scripts.length).toBeGreaterThan(0);
  expect(all).toBeLessThan(bound);
});

/** The observer is told of paints that were before it too. */
const firstPaint = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName('first-contentful-paint');
    if (paint !== undefined) resolve(paint.startTime);
  }).observe({ type: 'paint', buffered: true });
})`;

test('the first paint is measured with nothing cached', async () => {
  const times: number[] = [];
  for (let visit = 0; visit < 7; visit += 1) {
    const { page } = await openPage(browser, server);
    times.push(await page.evaluate<number>(firstPaint));
    await page.context().close();
  }
  expect(Math.min(...times)).toBeGreaterThan(0);
  const listed = times.map((ms) => ms.toFixed(0)).join(', ');
  process.stdout.write(`first contentful paint: median ${median(times).toFixed(0)} ms of ${listed}\n`);
});
