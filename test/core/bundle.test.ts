/** Bundles: written whole or not at all, and refused when a byte of them is not what the manifest says. */
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openBundle } from '../../core/bundle/read.js';
import { listRepository } from '../../core/bundle/repository.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-bundle-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  await rm(path.join(root, 'models'), { recursive: true, force: true });
  folder = await writeTinyBundle(path.join(root, 'models'));
});

test('what is written is read', async () => {
  const { manifest, golden } = await openBundle(folder);
  expect(manifest.files.map((file) => file.path).sort()).toEqual([
    'MODEL_CARD.md',
    'golden.json',
    'model.onnx',
    'vocab.txt',
  ]);
  expect(golden.cases[0]?.logits).toHaveLength(2);
});

test('a bit-flipped file is refused by its sha256, a truncated one by its size, a missing one by its name', async () => {
  const file = path.join(folder, 'model.onnx');
  const bytes = await readFile(file);
  const flipped = Buffer.from(bytes);
  flipped[1000] = flipped[1000]! ^ 1;
  await writeFile(file, flipped);
  await expect(openBundle(folder)).rejects.toMatchObject({
    code: 'bundle_corrupt',
    message: expect.stringMatching(/model\.onnx.*sha256/),
  });
  await truncate(file, 100);
  await expect(openBundle(folder)).rejects.toMatchObject({
    code: 'bundle_corrupt',
    message: expect.stringContaining('100 bytes'),
  });
  await unlink(file);
  await expect(openBundle(folder)).rejects.toMatchObject({
    code: 'bundle_corrupt',
    message: expect.stringContaining('missing'),
  });
});

test('a manifest that is no JSON, does not fit, or names a file outside is refused', async () => {
  const file = path.join(folder, 'manifest.json');
  const text = await readFile(file, 'utf8');
  for (const broken of ['{', '{}', text.replace('"model.onnx"', '"../model.onnx"')]) {
    await writeFile(file, broken);
    await expect(openBundle(folder)).rejects.toMatchObject({ code: 'bundle_malformed' });
  }
  await expect(openBundle(path.join(root, 'nowhere'))).rejects.toMatchObject({ code: 'bundle_missing' });
});

test('a bundle that took the place of another is told from it', async () => {
  const { manifestSha256 } = await openBundle(folder);
  expect((await openBundle(folder, { manifestSha256 })).manifestSha256).toBe(manifestSha256);
  await writeTinyBundle(path.join(root, 'models'), { replace: true, maxWords: 64 });
  await expect(openBundle(folder, { manifestSha256 })).rejects.toMatchObject({ code: 'bundle_replaced' });
});

test('a repository has the folders that links lead to, and none that cannot be a bundle', async () => {
  const models = path.join(root, 'models');
  await rm(path.join(root, 'elsewhere'), { recursive: true, force: true });
  const elsewhere = await writeTinyBundle(path.join(root, 'elsewhere'), { version: '2' });
  await symlink(elsewhere, path.join(models, 'tiny', '2'));
  await symlink('2', path.join(models, 'tiny', 'latest'));
  await symlink(path.join(root, 'nowhere'), path.join(models, 'tiny', '3'));
  await symlink(path.dirname(elsewhere), path.join(models, 'linked'));
  for (const name of ['lost+found', '.trash']) await mkdir(path.join(models, name, '1'), { recursive: true });
  expect((await listRepository(models)).map(({ name, version }) => `${name}/${version}`)).toEqual([
    'linked/2',
    'tiny/2',
    'tiny/1',
  ]);
});

// Root may read every folder.
(process.getuid?.() === 0 ? test.skip : test)('a folder that may not be read has no versions', async () => {
  const models = path.join(root, 'models');
  await mkdir(path.join(models, 'secret', '1'), { recursive: true });
  await chmod(path.join(models, 'secret'), 0);
  try {
    expect((await listRepository(models)).map(({ name }) => name)).toEqual(['tiny']);
  } finally {
    await chmod(path.join(models, 'secret'), 0o700);
  }
});

test('a version that is there is replaced only when asked', async () => {
  await expect(writeTinyBundle(path.join(root, 'models'))).rejects.toMatchObject({ code: 'bundle_exists' });
  await writeTinyBundle(path.join(root, 'models'), { replace: true });
  expect(await readdir(path.dirname(folder))).toEqual(['1']);
});

test('a repository lists the newest version first, and no unfinished write', async () => {
  await writeTinyBundle(path.join(root, 'models'), { version: '9' });
  await writeTinyBundle(path.join(root, 'models'), { version: '10' });
  await mkdir(path.join(path.dirname(folder), '11.part'));
  expect((await listRepository(path.join(root, 'models'))).map(({ version }) => version)).toEqual([
    '10',
    '9',
    '1',
  ]);
  await expect(listRepository(path.join(root, 'nowhere'))).rejects.toMatchObject({
    code: 'repository_missing',
  });
});
