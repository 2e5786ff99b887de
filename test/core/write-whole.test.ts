/** Files that are there as a whole or not at all. */
import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { prepareToWrite, writeWhole } from '../../core/write-whole.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-whole-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('text, bytes and parts take the place of what was there, and nothing lies beside it', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, 'what was there, which is longer');
  const bytes = new TextEncoder().encode('好');
  for (const [content, text] of [
    ['很好', '很好'],
    [bytes, '好'],
    [[bytes, bytes], '好好'],
  ] as const) {
    await writeWhole(file, content);
    expect(await readFile(file, 'utf8')).toBe(text);
  }
  expect(await readdir(folder)).toEqual(['file']);
});

test('a place that cannot be written to is named', async () => {
  const file = path.join(folder, 'none/file');
  await expect(writeWhole(file, '')).rejects.toMatchObject({
    code: 'file_unwritable',
    details: { path: file },
  });
});

test('what a link leads to is written, and the link stays', async () => {
  await mkdir(path.join(folder, 'elsewhere'));
  const link = path.join(folder, 'link');
  await symlink('elsewhere/file', link);
  for (const text of ['made', 'written over']) {
    await writeWhole(link, text);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(path.join(folder, 'elsewhere/file'), 'utf8')).toBe(text);
  }
  expect(await readdir(path.join(folder, 'elsewhere'))).toEqual(['file']);
});

test('what is no file is written to, and stays what it is', async () => {
  const pipe = path.join(folder, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const [read] = await Promise.all([readFile(pipe, 'utf8'), writeWhole(pipe, '很好')]);
  expect(read).toBe('很好');
  expect((await lstat(pipe)).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(['pipe']);
});

test('a place is prepared: its folder is made, and nothing else', async () => {
  const file = path.join(folder, 'a/b/file');
  await prepareToWrite(file);
  expect(await readdir(path.dirname(file))).toEqual([]);
  await writeFile(file, 'what was there');
  await prepareToWrite(file);
  expect(await readFile(file, 'utf8')).toBe('what was there');
});

test('a place below a file, or that is a folder, is told before it is written', async () => {
  await writeFile(path.join(folder, 'file'), '');
  for (const place of [path.join(folder, 'file/below'), folder])
    await expect(prepareToWrite(place)).rejects.toMatchObject({
      code: 'file_unwritable',
      details: { path: place },
    });
  await expect(writeWhole(folder, '')).rejects.toMatchObject({ code: 'file_unwritable' });
});
