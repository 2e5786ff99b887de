/** `retort compare` on a command line of its own. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { retort } from './retort.js';

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-compare-'));
  folder = await writeTinyBundle(root);
});
afterAll(() => rm(root, { recursive: true }));

const compare = (...options: string[]) => {
  const short = ['--batch', '1', '--runs', '3', '--cell-seconds', '0.001', '--no-profile'];
  const engines = ['--engines', 'ort-eager', '--lengths', 'texts'];
  return retort('compare', folder, ...engines, ...short, '--json', ...options);
};

test('--lengths texts takes the texts as long as they are, and --save makes the folder of its file', async () => {
  const saved = path.join(root, 'reports', 'comparison.json');
  const { stdout } = await compare('--save', saved);
  expect(JSON.parse(stdout)).toMatchObject({
    agree: true,
    bundles: [{ cells: [{ kind: 'grid', batch: 1, length: null, texts: 4 }] }],
  });
  expect(await readFile(saved, 'utf8')).toBe(stdout);
});

test.each(['--save', '--html', '--write'])(
  'a file of %s that cannot be written is told before anything is measured',
  async (option) => {
    expect(await compare(option, root)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('file_unwritable'),
    });
  },
);

test('rows that are longer than a network reads are refused before anything is measured', async () => {
  expect(await retort('compare', 'teacher', '--lengths', '16,1024')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('at most 512 tokens, not 1024'),
  });
});

(existsSync('/dev/full') ? test : test.skip)(
  'what was measured is printed where the disk is full',
  async () => {
    const { status, stdout, stderr } = await compare('--save', '/dev/full');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('file_unwritable'),
    });
    expect(JSON.parse(stdout)).toMatchObject({ bundles: [{ cells: [{ kind: 'grid' }] }] });
  },
);
