/** One process at a time, and none for ever. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
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
  // Of this process's own id: a container that was started again.
  for (const left of [`${String(pid)} on ${hostname()}`, `${String(process.pid)} on ${hostname()}`, 'lock']) {
    await writeFile(lock, left);
    expect(await exclusively(lock, 'run', () => readFile(lock, 'utf8'))).toContain(String(process.pid));
    expect(await readdir(folder)).toEqual([]);
  }
});

test('an empty lock is being written, unless it is old', async () => {
  await writeFile(lock, '');
  await expect(exclusively(lock, 'run', nothing)).rejects.toMatchObject({ code: 'in_use' });
  await utimes(lock, 0, 0);
  await exclusively(lock, 'run', nothing);
});

test('of many that find what a killed process left, one takes it over', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (let round = 0; round < 20; round += 1) {
    await writeFile(lock, `${String(pid)} on ${hostname()}\n${String(round)}`);
    let [inside, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, (inside += 1));
      await readdir(folder);
      inside -= 1;
    };
    const ends = await Promise.allSettled(Array.from({ length: 4 }, () => exclusively(lock, 'run', work)));
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(most).toBe(1);
  }
  expect(await readdir(folder)).toEqual([]);
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a process that has the id of one before it holds no lock of it', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    const holder = `${String(other.pid)} on ${hostname()}\nmark`;
    await writeFile(lock, holder);
    await expect(exclusively(lock, 'run', nothing)).rejects.toMatchObject({ code: 'in_use' });
    await writeFile(lock, `${holder}\n1`);
    await exclusively(lock, 'run', nothing);
  } finally {
    other.kill();
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
