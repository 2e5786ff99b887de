/** One process at a time, and none for ever. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { exclusively } from '../../core/exclusive.js';

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-exclusive-'));
  lock = path.join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

const nothing = () => Promise.resolve();

test('a second one is refused while the first goes on, and the lock goes with the work, done or failed', async () => {
  const given = await exclusively(lock, 'run', async () => {
    await expect(exclusively(lock, 'run', nothing)).rejects.toMatchObject({
      code: 'in_use',
      message: expect.stringContaining(String(process.pid)),
      hint: expect.stringContaining(lock),
    });
    return 'done';
  });
  expect(given).toBe('done');
  await expect(exclusively(lock, 'run', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await readdir(folder)).toEqual([]);
});

test('what a killed process left is taken over, and what is not of a process', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (const left of [`${String(pid)} on ${hostname()}`, '']) {
    await writeFile(lock, left);
    expect(await exclusively(lock, 'run', () => readFile(lock, 'utf8'))).toContain(String(process.pid));
  }
});

test("another host's process may live", async () => {
  await writeFile(lock, '1 on elsewhere.example');
  await expect(exclusively(lock, 'run', nothing)).rejects.toMatchObject({ code: 'in_use' });
});

test('a folder that is not there is named', async () => {
  const missing = path.join(folder, 'nowhere', 'lock');
  await expect(exclusively(missing, 'run', nothing)).rejects.toMatchObject({ code: 'file_unwritable' });
});
