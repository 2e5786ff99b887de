/** `retort compare` on a command line of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { retort } from './retort.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-compare-'));
});
afterAll(() => rm(root, { recursive: true }));

test('--lengths texts takes the texts as long as they are', async () => {
  const folder = await writeTinyBundle(root);
  const short = ['--batch', '1', '--runs', '3', '--cell-seconds', '0.001', '--no-profile'];
  const engines = ['--engines', 'ort-eager'];
  const { stdout } = await retort('compare', folder, '--lengths', 'texts', ...engines, ...short, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    agree: true,
    bundles: [{ cells: [{ kind: 'grid', batch: 1, length: null, texts: 4 }] }],
  });
  const nowhere = ['--lengths', 'texts', '--save', path.join(root, 'none', 'comparison.json')];
  expect(await retort('compare', folder, ...nowhere, ...engines, ...short)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('file_unwritable'),
  });
});
