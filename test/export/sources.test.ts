/** Runs, bundles and checkpoints are exported alike; the same source gives the same bytes. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FOREIGN_NETWORK } from '../../core/bundle/manifest.js';
import { openBundle } from '../../core/bundle/read.js';
import { writeBundle } from '../../core/bundle/write.js';
import { fileVersions } from '../../export/opset/versions.js';
import { exportNetwork, type NetworkExportOptions } from '../../export/run-to-bundle.js';
import { openSource } from '../../export/sources/open.js';
import { fixtureUrl } from '../fixture-url.js';
import { writeTinyRun } from '../fixtures/tiny-run.js';

let root: string;
const texts = ['房间很干净', '太差了'];
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-sources-'));
  await writeTinyRun(path.join(root, 'run'));
});
afterAll(() => rm(root, { recursive: true }));

const open = (folder: string) => openSource(folder, { maxTokens: 16, texts, command: 'retort export' });

async function exported(folder: string, version: string, more: Partial<NetworkExportOptions> = {}) {
  return exportNetwork(await open(folder), {
    repository: path.join(root, 'repository'),
    name: 'tiny',
    version,
    precisions: ['fp32'],
    splits: [],
    notes: null,
    replace: true,
    now: new Date(0),
    ...more,
  });
}

const model = (folder: string) => readFile(path.join(folder, 'model.onnx'));

test('a run, and the bundle that was made of it, give the same bytes, twice', async () => {
  const first = await exported(path.join(root, 'run'), '1');
  const again = await exported(path.join(root, 'run'), '2');
  const ofBundle = await exported(first.folder, '3');
  const bytes = await model(first.folder);
  expect((await model(again.folder)).equals(bytes)).toBe(true);
  expect((await model(ofBundle.folder)).equals(bytes)).toBe(true);
  const [before, after] = [await openBundle(first.folder), await openBundle(ofBundle.folder)];
  expect(after.golden).toEqual(before.golden);
  expect({ ...after.manifest, version: '1', files: [] }).toEqual({ ...before.manifest, files: [] });
});

test('a bundle is written anew for another opset', async () => {
  const { folder } = await exported(path.join(root, 'run'), '4');
  const seen: string[] = [];
  const report = await exported(folder, '5', {
    versions: fileVersions({ opset: 20 }),
    observe: ({ interpreted, written }) => {
      seen.push(interpreted.name, String(written.opsets.get('')));
    },
  });
  expect(seen).toEqual(['bilstm', '20']);
  const { manifest } = await openBundle(report.folder);
  expect(manifest.variants).toMatchObject([{ opset: 20, irVersion: 9 }]);
});

test('of an imported bundle there is no network to export', async () => {
  const { folder } = await exported(path.join(root, 'run'), '6');
  const { manifest } = await openBundle(folder);
  const files = new Map<string, Uint8Array>();
  for (const { path: name } of manifest.files) files.set(name, await readFile(path.join(folder, name)));
  const network = { kind: FOREIGN_NETWORK, config: {} };
  const foreign = await writeBundle(path.join(root, 'foreign'), { ...manifest, network }, files);
  await expect(open(foreign)).rejects.toMatchObject({ code: 'export_graph_alone' });
});

describe('a checkpoint', () => {
  const checkpoint = (name: string) => fileURLToPath(fixtureUrl(`checkpoints/${name}`));

  async function classifier(name: string): Promise<string> {
    const folder = path.join(root, name);
    await cp(checkpoint(name), folder, { recursive: true });
    const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '房', '间', '很', '干', '净'];
    await writeFile(path.join(folder, 'vocab.txt'), `${words.join('\n')}\n`);
    return folder;
  }

  test('of a classifier becomes a bundle, with the tokens that its positions allow', async () => {
    const folder = await classifier('bert-gelu-fp32');
    const { folder: bundle, variants } = await exported(folder, '7', {
      versions: fileVersions({ opset: 14 }),
    });
    expect(variants[0]!.difference).toBeLessThan(1e-5);
    const { manifest } = await openBundle(bundle);
    expect(manifest.lineage.base?.name).toBe('bert-gelu-fp32');
    expect(manifest.tokenizer).toMatchObject({ maxTokens: 16 });
    expect(manifest.inputs[0]).toMatchObject({ shape: ['batch_size', 'sequence_length'] });
    expect(await readFile(path.join(bundle, 'MODEL_CARD.md'), 'utf8')).toContain('Nothing is drawn');
  });

  test('is written in the opset that the quickest attention needs, unless another one is asked for', async () => {
    const folder = await classifier('bert-gelu-fp32');
    const opsets = async (version: string, options: object) => {
      const { folder: bundle } = await exported(folder, version, {
        precisions: ['fp32', 'int8'],
        ...options,
      });
      return (await openBundle(bundle)).manifest.variants.map(({ opset, irVersion }) => [opset, irVersion]);
    };
    const [plain, quickest] = [
      [17, 9],
      [23, 11],
    ];
    expect(await opsets('8', {})).toEqual([plain, quickest]);
    expect(await opsets('9', { latency: true })).toEqual([quickest, quickest]);
    expect(await opsets('10', { latency: true, versions: fileVersions({}) })).toEqual([plain, plain]);
  });
});

test('nothing at the path', async () => {
  await expect(open(path.join(root, 'nowhere'))).rejects.toMatchObject({ code: 'run_missing' });
});
