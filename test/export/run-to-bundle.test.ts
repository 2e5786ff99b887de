/** Export keeps what computes what the network computes, and nothing else. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openBundle } from '../../core/bundle/read.js';
import { OrtEagerOps } from '../../core/engines/ort-eager-ops.js';
import { type ExportOptions, exportRun } from '../../export/run-to-bundle.js';
import { writeTinyRun } from '../fixtures/tiny-run.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-export-'));
  await writeTinyRun(path.join(root, 'run'));
});
afterAll(() => rm(root, { recursive: true }));
afterEach(() => {
  jest.restoreAllMocks();
});

function exportTo(repository: string, overrides: Partial<ExportOptions> = {}) {
  return exportRun({
    run: path.join(root, 'run'),
    repository: path.join(root, repository),
    name: 'tiny',
    version: '1',
    precisions: ['fp32'],
    splits: [],
    notes: null,
    replace: false,
    now: new Date(0),
    ...overrides,
  });
}

/** Every file below a folder of the test's, with its contents. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'base64')] as const)),
  );
}

/** From here on the eager forward computes another function than is written. */
function computeAnotherForward(): void {
  jest.spyOn(OrtEagerOps.prototype, 'tanh').mockImplementation(function (this: OrtEagerOps, x) {
    return this.sigmoid(x);
  });
}

test('a run becomes a bundle whose variants agree with the eager forward', async () => {
  const { folder, texts, variants } = await exportTo('good', { precisions: ['fp32', 'int8'] });
  const [fp32, int8] = variants;
  expect(texts).toBe(5);
  expect(fp32!.difference).toBeLessThan(1e-5);
  expect(int8!.difference).toBeLessThan(1e-2);
  expect([fp32!.flips, int8!.flips]).toEqual([0, 0]);
  expect(int8!.bytes).toBeLessThan(fp32!.bytes);
  const { manifest, golden } = await openBundle(folder);
  expect(manifest.variants.map(({ precision }) => precision)).toEqual(['fp32', 'int8']);
  expect(golden.cases.map(({ logits }) => logits.length)).toEqual([2, 2, 2, 2, 2]);
});

describe.each<{ precisions: ExportOptions['precisions'] }>([
  { precisions: ['fp32'] },
  { precisions: ['int8'] },
  { precisions: ['int8', 'fp32'] },
])('as $precisions', ({ precisions }) => {
  test('a graph that differs from the eager forward is refused, and nothing is left', async () => {
    computeAnotherForward();
    await expect(exportTo('wrong', { precisions })).rejects.toMatchObject({
      code: 'export_mismatch',
      message: expect.stringMatching(/differs .* by \d/),
    });
    expect(await filesIn('wrong')).toEqual(new Map());
  });

  test('logits that are no numbers are refused', async () => {
    await writeTinyRun(path.join(root, 'poisoned'), Number.NaN);
    await expect(exportTo('poison', { run: path.join(root, 'poisoned'), precisions })).rejects.toMatchObject({
      code: 'export_mismatch',
    });
    expect(await filesIn('poison')).toEqual(new Map());
  });
});

test('a version that stands is not touched by an export that is refused', async () => {
  await exportTo('standing');
  const before = await filesIn('standing');
  await expect(exportTo('standing')).rejects.toMatchObject({ code: 'bundle_exists' });
  computeAnotherForward();
  await expect(exportTo('standing', { replace: true })).rejects.toMatchObject({ code: 'export_mismatch' });
  expect(await filesIn('standing')).toEqual(before);
});
