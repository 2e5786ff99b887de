/** Files that are there as a whole or not at all. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeWhole } from '../../core/write-whole.js';

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
