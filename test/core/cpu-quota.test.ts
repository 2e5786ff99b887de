/** Control groups of both versions, as folders of files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cpuQuota, usableCores } from '../../core/cpu-quota.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-cgroup-'));
});
afterEach(() => rm(root, { recursive: true }));

test.each([
  ['150000 100000\n', 1.5],
  ['max 100000\n', null],
])('version 2: %j', async (content, expected) => {
  await writeFile(path.join(root, 'cpu.max'), content);
  expect(cpuQuota(root)).toBe(expected);
});

test.each([
  ['50000', 0.5],
  ['-1', null],
])('version 1: a quota of %s', async (quota, expected) => {
  await mkdir(path.join(root, 'cpu'));
  await writeFile(path.join(root, 'cpu', 'cpu.cfs_quota_us'), `${quota}\n`);
  await writeFile(path.join(root, 'cpu', 'cpu.cfs_period_us'), '100000\n');
  expect(cpuQuota(root)).toBe(expected);
});

test('less than a core is one worker, and no quota is every core', async () => {
  expect(usableCores(root)).toBe(availableParallelism());
  await writeFile(path.join(root, 'cpu.max'), '20000 100000');
  expect(usableCores(root)).toBe(1);
});
