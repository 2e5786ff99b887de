/** Downloads that fail: each has a code and says what to do, and nothing is left in the file's place. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { catalog, type PublicDataset } from '../../../training/data/catalog.js';
import { download, type DownloadOptions, type DownloadReport } from '../../../training/data/download.js';
import { content, FileServer, md5, md5Of, serving, stalling } from '../../fixtures/file-server.js';

let folder: string;
let out: string;
let server: FileServer;
let dataset: PublicDataset;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-download-'));
  out = path.join(folder, 'data.zip');
  server = await FileServer.start();
  dataset = {
    name: 'data',
    description: 'data',
    url: server.url,
    md5,
    splitSha256: [],
    terms: 'for tests only',
  };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const fetchIt = (options: Partial<DownloadOptions> = {}): Promise<DownloadReport> =>
  download(dataset, { out, ...options });

describe('what is refused', () => {
  test('a wrong md5, both named; nothing is kept', async () => {
    const other = Buffer.from('another file');
    server.handler = (_request, response) => response.end(other);
    const failure = expect.stringMatching(new RegExp(`${md5Of(other)}.*${md5}`));
    await expect(fetchIt()).rejects.toMatchObject({ code: 'download_corrupt', message: failure });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([404, 403, 500, 503, 204])('the status %i', async (status) => {
    server.handler = (_request, response) => response.writeHead(status).end();
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'download_refused',
      message: expect.stringContaining(String(status)),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a status above 400 costs what was fetched before nothing', async () => {
    server.handler = serving('"1"', 70_000);
    await expect(fetchIt()).rejects.toMatchObject({ code: 'download_failed' });
    const { length } = await readFile(`${out}.part`);
    expect(length).toBeGreaterThan(0);
    server.handler = (_request, response) => response.writeHead(503).end();
    await expect(fetchIt()).rejects.toMatchObject({ code: 'download_refused' });
    expect(await readFile(`${out}.part`)).toHaveLength(length);
  });

  test('a port that nothing listens on', async () => {
    const gone = await FileServer.start();
    dataset = { ...dataset, url: gone.url };
    await gone.close();
    const failure = await fetchIt().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'download_failed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    // What to do without a network: the place, the sum and the terms.
    for (const part of [out, md5, 'for tests only'])
      expect(failure).toHaveProperty('hint', expect.stringContaining(part));
    expect(await readdir(folder)).toEqual([]);
  });

  test.each(['before', 'after'])('a server that falls silent %s its headers', async (when) => {
    server.handler = when === 'before' ? () => undefined : stalling(1000);
    await expect(fetchIt({ idleMs: 300 })).rejects.toMatchObject({
      code: 'download_stalled',
      message: expect.stringContaining('0.3 s'),
    });
  });

  test.each(['announced', 'not announced'])('a body above the limit, %s', async (how) => {
    server.handler = (_request, response) => {
      if (how === 'announced') response.setHeader('content-length', content.length);
      else response.flushHeaders();
      response.end(content);
    };
    await expect(fetchIt({ largestBytes: content.length - 1 })).rejects.toMatchObject({
      code: 'download_too_large',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each(['', 'data.zip', 'ftp://127.0.0.1/data.zip'])('the URL "%s"', async (url) => {
    dataset = { ...dataset, url };
    await expect(fetchIt()).rejects.toMatchObject({ code: 'download_url_invalid', kind: 'usage' });
  });

  test('a place that cannot be written', async () => {
    await writeFile(path.join(folder, 'file'), '');
    server.handler = serving();
    for (const place of [folder, path.join(folder, 'file', 'data.zip')]) {
      await expect(fetchIt({ out: place })).rejects.toMatchObject({ code: 'file_unwritable' });
    }
  });
});

test('the catalogue has an md5, terms and a URL that names a file for every data set, each once', () => {
  for (const { url, md5: sum, terms } of catalog) {
    expect(sum).toMatch(/^[0-9a-f]{32}$/);
    expect(new URL(url).protocol).toBe('https:');
    expect(path.posix.basename(new URL(url).pathname)).toMatch(/\w[.]\w/);
    expect(terms).not.toBe('');
  }
  expect(new Set(catalog.map(({ name }) => name)).size).toBe(catalog.length);
});
