/** The Try panel: one review, many reviews, and what a reader may do to it. */
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Route } from 'playwright-core';
import { z } from 'zod';
import type { RunningServer } from '../../serving/server.js';
import {
  accessibilityFindings,
  openPage,
  overflow,
  pictures,
  serve,
  startBrowser,
  type WatchedPage,
} from './harness.js';

let browser: Browser;
let server: RunningServer;
let watched: WatchedPage;
beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), serve()]);
  await server.loaded;
});
afterEach(() => watched.page.context().close());
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Run in the page: the clipboard itself is closed to a headless browser. */
const pasteLines = `{
  const data = new DataTransfer();
  data.setData('text/plain', '很好，很满意\\n'.repeat(300_000));
  const event = new ClipboardEvent('paste', { clipboardData: data, cancelable: true, bubbles: true });
  document.getElementById('lines').dispatchEvent(event);
}`;

/** What the page asks of the server. */
const askedSchema = z.object({
  model: z.string(),
  version: z.string().optional(),
  explain: z.boolean().optional(),
  texts: z.array(z.string()),
});

const link = (text: string) => `#try?text=${encodeURIComponent(text)}`;

test('a review is read by student and teacher, each with its probability and times', async () => {
  watched = await openPage(browser, server);
  const { page, complaints } = watched;
  await page.getByLabel('Review', { exact: true }).fill('房间又脏又吵，服务态度很差，再也不来了。');
  for (const model of ['student', 'teacher']) {
    const card = page.getByRole('article', { name: model });
    await card.getByRole('strong').filter({ hasText: 'Negative' }).waitFor();
    expect(await card.getByText(/^\d+\.\d%$/).count()).toBe(1);
    expect(await card.getByText('Infer').count()).toBe(1);
  }
  await page.getByText('Both models agree.').waitFor();
  expect(complaints).toEqual([]);
});

test('an answer that a teacher gave in place of the student is said to be one, and agrees with nobody', async () => {
  watched = await openPage(browser, server, '#models');
  const { page } = watched;
  const explained: unknown[] = [];
  const attributions = [
    { text: '很好', weight: 0.4 },
    { text: '太差', weight: -0.3 },
  ];
  await page.route('**/v1/predict', async (route) => {
    const asked = askedSchema.parse(route.request().postDataJSON());
    const timings = { queueMs: 0, tokenizeMs: 0, inferMs: 0, totalMs: 1.5 };
    const escalated = { label: 'negative', score: 0.9, answered_by: 'teacher' };
    const own = { label: 'positive', score: 0.6, attributions };
    if (asked.explain) explained.push(asked.version);
    await route.fulfill({
      json: {
        model: asked.model,
        version: asked.model === 'student' ? 'canary-7' : '1',
        results: [
          asked.explain ? own : asked.model === 'student' ? escalated : { label: 'negative', score: 0.9 },
        ],
        timings,
      },
    });
  });
  await page.getByRole('link', { name: 'Try' }).click();
  const student = page.getByRole('article', { name: 'student' });
  await student.getByRole('heading', { name: 'student canary-7' }).waitFor();
  await student.getByText('Answered by teacher, which is asked where student is unsure.').waitFor();
  await student.getByText('What makes student itself say positive').waitFor();
  expect(explained).toEqual(['canary-7']);
  expect(await student.getByText('很好').getAttribute('class')).toBe('word-positive');
  expect(await student.getByText('太差').getAttribute('class')).toBe('word-negative');
  expect(await student.getByText('–', { exact: true }).count()).toBe(3);
  await page.getByRole('article', { name: 'teacher' }).getByText('90.0%').waitFor();
  expect(await page.getByText('Both models agree.').count()).toBe(0);
});

test('answers to two reviews are not compared', async () => {
  watched = await openPage(browser, server, link('房间很干净，服务也好。'));
  const { page } = watched;
  await page.getByText('Both models agree.').waitFor();
  const held: Route[] = [];
  await page.route('**/v1/predict', async (route) => {
    const { model } = askedSchema.parse(route.request().postDataJSON());
    if (model === 'teacher') held.push(route);
    else await route.continue();
  });
  await page.getByLabel('Review', { exact: true }).fill('房间又脏又吵，服务态度很差，再也不来了。');
  const student = page.getByRole('article', { name: 'student' });
  const teacher = page.getByRole('article', { name: 'teacher' });
  await student.getByRole('strong').filter({ hasText: 'Negative' }).waitFor();
  await teacher.getByText('Reading').waitFor();
  expect(await page.getByText(/^(Both models agree|The models disagree)\.$/).count()).toBe(0);
  for (const route of held) await route.continue();
  await page.getByText('Both models agree.').waitFor();
  expect(await teacher.getByText('Reading').count()).toBe(0);
});

test('a link brings its review along, and the address follows what is typed', async () => {
  watched = await openPage(browser, server, link('房间很干净'));
  const { page } = watched;
  expect(await page.getByLabel('Review', { exact: true }).inputValue()).toBe('房间很干净');
  await page
    .getByRole('article', { name: 'student' })
    .getByRole('strong')
    .filter({ hasText: 'Positive' })
    .waitFor();
  await page.getByLabel('Review', { exact: true }).fill('太差了');
  await page.waitForURL((url) => url.hash.includes(encodeURIComponent('太差了')));
});

test('a link is copied with the review in the field; where the browser refuses, the page says so', async () => {
  watched = await openPage(browser, server, link('房间很干净'));
  const { page } = watched;
  await page.getByRole('article', { name: 'student' }).getByRole('strong').waitFor();
  await page.evaluate(
    'navigator.clipboard.writeText = async (text) => { if ("copied" in globalThis) throw new Error(); globalThis.copied = text; }',
  );
  await page.getByRole('link', { name: 'Models' }).click();
  await page.getByRole('heading', { name: 'What is served' }).waitFor();
  await page.getByRole('link', { name: 'Try', exact: true }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const { hash } = new URL(await page.evaluate<string>('globalThis.copied'));
  expect(new URLSearchParams(hash.slice('#try?'.length)).get('text')).toBe('房间很干净');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByRole('button', { name: 'The browser forbids copying' }).waitFor();
});

test('HTML in a review stays text', async () => {
  const html = '<img src=x onerror="document.title=1"><script>document.title=2</script>很好';
  watched = await openPage(browser, server, link(html));
  const { page, complaints } = watched;
  await page.getByLabel('Reviews, one a line').fill(html);
  await page.getByRole('button', { name: 'Label 1 review' }).click();
  await page.getByRole('cell', { name: html }).waitFor();
  expect(await page.title()).toBe('Retort');
  expect(complaints).toEqual([]);
});

test('a file of many reviews becomes a table that can be saved', async () => {
  watched = await openPage(browser, server);
  const { page, complaints } = watched;
  const reviews = Array.from({ length: 150 }, (_, row) =>
    row % 2 === 0 ? '很好，很满意' : '=太差了，"再也不来"',
  );
  const content = ['\uFEFF', ...reviews.map((review) => `${review}\r\n`), '长'.repeat(10_001)].join('');
  await page
    .getByLabel('choose a file')
    .setInputFiles({ name: 'reviews.txt', mimeType: 'text/plain', buffer: Buffer.from(content) });
  await page.getByText('reviews.txt: 151 reviews').waitFor();
  await page.getByRole('button', { name: 'Label 151 reviews' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  await page.getByText('75 positive, 75 negative, 1 not answered').waitFor();
  const lines = (await readFile(await (await download).path(), 'utf8')).split('\r\n');
  expect(lines).toHaveLength(153);
  expect(lines[1]).toMatch(/^很好，很满意,positive,0\.\d+,$/);
  expect(lines[2]).toMatch(/^"'=太差了，""再也不来""",negative,0\.\d+,$/);
  expect(lines[151]).toMatch(/,,,"longer than 10,000 characters"$/);
  expect(complaints).toEqual([]);
});

test('a batch stays while another panel is shown, and goes on where it broke off', async () => {
  watched = await openPage(browser, server, '#models');
  const { page } = watched;
  const asked: string[] = [];
  let isBroken = false;
  await page.route('**/v1/predict', async (route) => {
    const { texts } = askedSchema.parse(route.request().postDataJSON());
    if (isBroken) return route.abort();
    if (texts.length > 1) {
      asked.push(...texts);
      isBroken = true;
    }
    return route.continue();
  });
  await page.getByRole('link', { name: 'Try' }).click();
  const lines = '很好，很满意\n'.repeat(100);
  await page.getByLabel('Reviews, one a line').fill(lines);
  await page.getByRole('button', { name: 'Label 100 reviews' }).click();
  const batch = page.getByRole('region', { name: 'Many at once' });
  await batch.getByText('The server does not answer.').waitFor();
  await page.getByRole('link', { name: 'Models' }).click();
  await page.getByRole('heading', { name: 'What is served' }).waitFor();
  await page.getByRole('link', { name: 'Try' }).click();
  expect(await page.getByLabel('Reviews, one a line').inputValue()).toBe(lines);
  isBroken = false;
  await batch.getByRole('button', { name: 'Try again' }).click();
  await batch.getByText('100 positive, 0 negative').waitFor();
  expect(asked).toHaveLength(100);
});

test('a file without a review, and one that is no text, are cleared away', async () => {
  watched = await openPage(browser, server);
  const { page } = watched;
  const choose = (name: string, buffer: Buffer) =>
    page.getByLabel('choose a file').setInputFiles({ name, mimeType: 'text/plain', buffer });
  await choose('picture.txt', Buffer.from([0xff, 0xfe, 0xff]));
  await page.getByText('This file is not UTF-8 text.').waitFor();
  await choose('blank.txt', Buffer.from('\n \n'));
  await page.getByText('blank.txt: 0 reviews').waitFor();
  expect(await page.getByText('This file is not UTF-8 text.').count()).toBe(0);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('Reviews, one a line').fill('很好');
  await page.getByRole('button', { name: 'Label 1 review' }).waitFor();
});

test('a paste of 5 MB neither stalls the page nor reaches the server', async () => {
  watched = await openPage(browser, server);
  const { page, complaints } = watched;
  await page.getByLabel('Review', { exact: true }).fill('好'.repeat(5_000_000 / 3));
  await page.getByText(/This text has 1,666,666 characters/).waitFor();
  await page.evaluate(pasteLines);
  await page.getByText('Pasted text: 300,000 reviews').waitFor();
  await page.getByRole('button', { name: 'Label 300,000 reviews' }).click();
  await page.getByRole('cell', { name: 'Positive' }).first().waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Save as CSV' }).waitFor();
  expect(complaints).toEqual([]);
});

test.each([
  ['light', 1280, 'en-GB'],
  ['dark', 1280, 'en-GB'],
  ['light', 390, 'zh-CN'],
  ['dark', 390, 'en-GB'],
] as const)(
  '%s at %i pixels (%s): accessible, and nothing runs over the edge',
  async (colorScheme, width, locale) => {
    const viewport = { width, height: 900 };
    watched = await openPage(browser, server, link('位置不错，就是隔音太差，一晚没睡好。'), {
      colorScheme,
      viewport,
      locale,
    });
    const { page, complaints } = watched;
    await page
      .getByRole('article', { name: 'teacher' })
      .getByText(/^\d+\.\d%$/)
      .waitFor();
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `${pictures}/try-${colorScheme}-${String(width)}.png`, fullPage: true });
    expect(complaints).toEqual([]);
  },
);
