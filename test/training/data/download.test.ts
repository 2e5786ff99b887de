/** Downloads: whole or resumed they give the file's own bytes, and never replace another file. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PublicDataset } from '../../../training/data/catalog.js';
import {
  download,
  type DownloadOptions,
  type DownloadProgress,
  type DownloadReport,
} from '../../../training/data/download.js';
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

/** Leaves a `.part` of at least one byte, as a connection that is cut does. */
async function cutOff(etag?: string): Promise<number> {
  server.handler = serving(etag, 70_000);
  await expect(fetchIt()).rejects.toMatchObject({ code: 'download_failed' });
  const { length } = await readFile(`${out}.part`);
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThan(content.length);
  return length;
}

async function expectWhole(): Promise<void> {
  expect((await readFile(out)).equals(content)).toBe(true);
  expect(await readdir(folder)).toEqual(['data.zip']);
}

describe('what is fetched', () => {
  test('is whole, and progress ends at its size', async () => {
    server.handler = serving();
    const seen: DownloadProgress[] = [];
    const report = await fetchIt({ onProgress: (progress) => seen.push(progress) });
    expect(report).toEqual({ path: out, bytes: content.length, md5, fetched: true, resumedFrom: 0 });
    expect(seen.at(0)).toEqual({ bytes: 0, total: content.length });
    expect(seen.at(-1)).toEqual({ bytes: content.length, total: content.length });
    await expectWhole();
  });

  test('goes into a folder that is not there yet', async () => {
    server.handler = serving();
    const deep = path.join(folder, 'a', 'b', 'data.zip');
    await fetchIt({ out: deep });
    expect((await readFile(deep)).equals(content)).toBe(true);
  });

  test('is whole when the server does not say how long it is', async () => {
    server.handler = (_request, response) => {
      response.flushHeaders();
      response.end(content);
    };
    const totals = new Set<number | null>();
    await fetchIt({ onProgress: ({ total }) => totals.add(total) });
    expect([...totals]).toEqual([null]);
    await expectWhole();
  });

  test('is not fetched again', async () => {
    await writeFile(out, content);
    expect(await fetchIt()).toMatchObject({ fetched: false, bytes: content.length, md5 });
    expect(server.asked).toEqual([]);
  });

  test('never replaces another file', async () => {
    await writeFile(out, 'mine');
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'download_other_file',
      message: expect.stringContaining(md5Of('mine')),
    });
    expect(await readFile(out, 'utf8')).toBe('mine');
    expect(server.asked).toEqual([]);
  });
});

describe('what was cut off', () => {
  test('goes on where it stopped, of the same version', async () => {
    const kept = await cutOff();
    server.handler = serving();
    expect(await fetchIt()).toMatchObject({ fetched: true, resumedFrom: kept });
    expect(server.asked.at(-1)).toEqual({ range: `bytes=${kept}-`, ifRange: '"1"' });
    await expectWhole();
  });

  test('starts again when the file has changed on the server', async () => {
    await cutOff('"old"');
    server.handler = serving('"new"');
    expect(await fetchIt()).toMatchObject({ resumedFrom: 0 });
    await expectWhole();
  });

  test('starts again with a server that knows no Range', async () => {
    await cutOff();
    server.handler = (_request, response) => response.end(content);
    expect(await fetchIt()).toMatchObject({ resumedFrom: 0 });
    expect(server.asked.at(-1)!.range).toBeDefined();
    await expectWhole();
  });

  test.each([
    ['416', { status: 416, range: `bytes */${content.length}` }],
    ['another range than was asked for', { status: 206, range: `bytes 1-2/${content.length}` }],
    ['206 without its range', { status: 206, range: '' }],
  ])('starts again when the answer is %s', async (_name, { status, range }) => {
    await cutOff();
    server.handler = (request, response) => {
      if (request.headers.range === undefined) response.end(content);
      else response.writeHead(status, { 'content-range': range }).end();
    };
    expect(await fetchIt()).toMatchObject({ resumedFrom: 0 });
    await expectWhole();
  });

  test('starts again when it is of another URL', async () => {
    await cutOff();
    server.handler = serving();
    dataset = { ...dataset, url: `${dataset.url}?mirror` };
    expect(await fetchIt()).toMatchObject({ resumedFrom: 0 });
    expect(server.asked.at(-1)!.range).toBeUndefined();
    await expectWhole();
  });

  test('is used without a request when nothing is missing but its name', async () => {
    await cutOff();
    await writeFile(`${out}.part`, content);
    const before = server.asked.length;
    expect(await fetchIt()).toMatchObject({ fetched: true, resumedFrom: content.length });
    expect(server.asked).toHaveLength(before);
    await expectWhole();
  });

  test('becomes the same file wherever it was cut, and however often', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: content.length - 1 }), { maxLength: 4 }),
        async (cuts) => {
          await rm(out, { force: true });
          for (const limit of cuts) {
            server.handler = serving('"1"', limit);
            const ended = await fetchIt().then(
              () => true,
              () => false,
            );
            if (ended) break;
          }
          server.handler = serving();
          await fetchIt();
          await expectWhole();
        },
      ),
      { numRuns: 20 },
    );
  });

  test('can be stopped by the caller, and then goes on', async () => {
    const abort = new AbortController();
    server.handler = stalling(50_000);
    const onProgress = ({ bytes }: DownloadProgress) => {
      if (bytes === 50_000) abort.abort();
    };
    await expect(fetchIt({ signal: abort.signal, onProgress })).rejects.toMatchObject({
      code: 'download_stopped',
      message: expect.stringContaining('50000 bytes'),
    });
    server.handler = serving();
    expect(await fetchIt()).toMatchObject({ resumedFrom: 50_000 });
    await expectWhole();
  });
});
