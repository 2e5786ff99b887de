/** Files of a version: whole as the manifest says, or refused; what breaks off is no answer. */
import { appendFile, mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EdgeContext } from '../../serving/edge-context.js';
import { answer } from '../../serving/http/answer.js';
import type { Route } from '../../serving/http/route.js';
import type { RequestRecord } from '../../serving/observe/request-record.js';
import type { RunningServer } from '../../serving/server.js';
import { startTestServer } from '../fixtures/test-server.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

describe('a file of the manifest', () => {
  let root: string;
  let folder: string;
  let server: RunningServer;
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'retort-files-'));
    folder = await writeTinyBundle(root);
    server = await startTestServer(root);
    await server.loaded;
  });
  afterAll(async () => {
    await server.close();
    await rm(root, { recursive: true });
  });
  const fileOf = (name: string) => fetch(`${server.url}/v1/models/tiny/versions/1/files/${name}`);

  test('is sent byte for byte', async () => {
    const response = await fileOf('vocab.txt');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(await readFile(path.join(folder, 'vocab.txt')));
    expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]{64}"$/);
  });

  test.each([
    ['longer', 'golden.json', (file: string) => appendFile(file, 'more')],
    ['shorter', 'vocab.txt', (file: string) => truncate(file, 5)],
    ['gone', 'MODEL_CARD.md', (file: string) => rm(file)],
  ])('that is %s on the disk is refused as damaged', async (_what, name, change) => {
    await change(path.join(folder, name));
    const response = await fileOf(name);
    expect(response.status).toBe(503);
    expect(response.headers.get('etag')).toBeNull();
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('bundle_corrupt');
    expect(error.message).toContain(`tiny/1/${name}`);
  });
});

describe('a stream', () => {
  const records: RequestRecord[] = [];
  let server: Server;
  let body: Readable;
  const route = {
    method: 'get',
    path: '/stream',
    access: 'open',
    handle: () => ({ headers: { 'content-length': '10' }, body }),
  } as unknown as Route;
  const edge = {
    serving: {},
    keys: null,
    observer: { answered: (record: RequestRecord) => records.push(record) },
  } as unknown as EdgeContext;
  beforeAll(async () => {
    server = createServer((request, response) => void answer(edge, route, {}, request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`;
  const ask = () => fetch(url());

  test('that gives all is answered', async () => {
    body = Readable.from([Buffer.from('01234'), Buffer.from('56789')]);
    expect(await (await ask()).text()).toBe('0123456789');
    expect(records.at(-1)).toMatchObject({ status: 200, error: null });
  });

  test('whose client leaves is no error', async () => {
    const told = records.length;
    body = new Readable({ read: () => undefined });
    body.push('01234');
    const leave = new AbortController();
    await fetch(url(), { signal: leave.signal });
    leave.abort();
    while (records.length === told) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(records.at(-1)).toMatchObject({ status: 499, error: null });
    expect(body.destroyed).toBe(true);
  });

  test.each([
    ['ends early', () => Readable.from([Buffer.from('01234')])],
    [
      'fails',
      () =>
        Readable.from(
          (function* () {
            yield Buffer.from('01234');
            throw new Error('the disk is gone');
          })(),
        ),
    ],
  ])('that %s ends its connection, and is told as an error', async (_what, stream) => {
    body = stream();
    await expect(ask().then((response) => response.text())).rejects.toThrow();
    expect(records.at(-1)).toMatchObject({ status: 500, error: { kind: 'internal' } });
  });
});
