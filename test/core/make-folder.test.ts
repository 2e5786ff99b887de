import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeFolder } from '../../core/make-folder.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-folder-'));
});
afterAll(() => rm(root, { recursive: true }));

test('a folder is made with those above it, and may be there', async () => {
  const folder = path.join(root, 'a', 'b');
  await makeFolder(folder);
  await makeFolder(folder);
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test('what cannot be made is told with its reason', async () => {
  const file = path.join(root, 'file');
  await writeFile(file, '');
  await expect(makeFolder(path.join(file, 'folder'))).rejects.toMatchObject({
    code: 'file_unwritable',
    message: expect.stringContaining('ENOTDIR'),
  });
});
