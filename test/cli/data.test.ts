/** `retort data`: what a user sees of a download. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Command } from 'commander';
import { register } from '../../commands/data.js';
import { catalog } from '../../training/data/catalog.js';
import { content, FileServer, md5, serving, stalling } from '../fixtures/file-server.js';
import { killAll, retort, start } from './retort.js';

let folder: string;
let out: string;
let server: FileServer;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-data-'));
  out = path.join(folder, 'data.zip');
  server = await FileServer.start();
});
afterEach(async () => {
  killAll();
  jest.restoreAllMocks();
  await server.close();
  await rm(folder, { recursive: true });
});

const [known] = catalog;
const commandLine = () => ['data', known!.name, '--url', server.url, '--out', out];

/** Runs the command with a data set of the test's own, whose md5 is that of what the server sends. */
async function withOwnSet(...options: string[]): Promise<{ stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    });
  }
  const program = new Command().exitOverride();
  register(program, [
    { name: 'own', description: 'own', url: server.url, md5, splitSha256: [], terms: 'for tests only' },
  ]);
  await program.parseAsync(['data', 'own', '--out', out, ...options], { from: 'user' });
  jest.restoreAllMocks();
  return said;
}

test('prints the file, its md5 and the terms, and the size it goes for on standard error', async () => {
  const { stdout, stderr } = await withOwnSet();
  for (const part of [out, md5, 'for tests only']) expect(stdout).toContain(part);
  expect(stderr).toContain('0.19/0.19 MiB');
  expect((await readFile(out)).equals(content)).toBe(true);
});

test('says that the file was there already', async () => {
  await writeFile(out, content);
  expect((await withOwnSet()).stdout).toContain('was there already');
  expect(server.asked).toEqual([]);
});

test('prints one JSON object with --json', async () => {
  const { stdout } = await withOwnSet('--json');
  expect(JSON.parse(stdout)).toEqual({
    path: out,
    bytes: content.length,
    md5,
    fetched: true,
    resumedFrom: 0,
    url: server.url,
    terms: 'for tests only',
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s leaves what came, and the next run asks for the rest',
  async (signal) => {
    server.handler = stalling(50_000);
    const { child, ended } = start(...commandLine());
    const partBytes = () =>
      stat(`${out}.part`).then(
        ({ size }) => size,
        () => 0,
      );
    while ((await partBytes()) < 50_000) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    const { status, stdout, stderr } = await ended;
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('download_stopped');
    expect(stderr).toContain('after 50000 bytes');
    expect(await partBytes()).toBe(50_000);

    server.handler = serving();
    await retort(...commandLine());
    expect(server.asked.at(-1)).toEqual({ range: 'bytes=50000-', ifRange: '"1"' });
  },
);

test('a file that is not the data set is an error with both sums, and is not kept', async () => {
  const { status, stdout, stderr } = await retort(...commandLine(), '--json');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  const { error } = JSON.parse(stderr.trimEnd().split('\n').at(-1)!) as {
    error: { code: string; message: string };
  };
  expect(error.code).toBe('download_corrupt');
  expect(error.message).toContain(md5);
  expect(error.message).toContain(known!.md5);
  expect(await readdir(folder)).toEqual([]);
});

test('without a server it says where else to get the file', async () => {
  const unanswered = commandLine();
  await server.close();
  const { status, stderr } = await retort(...unanswered);
  expect(status).toBe(1);
  for (const part of ['ECONNREFUSED', known!.md5, known!.terms, 'download_failed'])
    expect(stderr).toContain(part);
  server = await FileServer.start();
});
