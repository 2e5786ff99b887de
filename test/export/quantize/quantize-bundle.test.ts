/** A bundle in 8 bits opens, answers as it did, and says how it was made. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openBundle } from '../../../core/bundle/read.js';
import { quantizeBundle } from '../../../export/quantize/quantize-bundle.js';
import { schemeOf, schemes } from '../../../export/quantize/schemes.js';
import { bundleSource } from '../../../export/sources/bundle.js';
import { networkOf } from '../../../models/networks.js';
import { Predictor } from '../../../serving/predictor.js';
import { exportRun } from '../../../export/run-to-bundle.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';
import { writeTinyRun } from '../../fixtures/tiny-run.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-quantize-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = () => ({
  scheme: schemeOf('int8'),
  weights: { type: 'int8', bits: 8, perColumn: true } as const,
  excluded: [],
  repository: folder,
  name: 'tiny',
  version: '2',
  replace: false,
  now: new Date(0),
  command: 'retort quantize tiny tiny/2',
  splits: [],
  calibrationTexts: [],
});

test('with scales fixed on texts a student is served in batches, and no answer depends on its mates', async () => {
  const bundle = await openBundle(await writeTinyBundle(folder));
  const texts = ['房间很干净，服务也好。', '太差了', '书也很好', '电脑'];
  const { folder: made, change } = await quantizeBundle(bundle, {
    ...options(),
    scheme: schemeOf('int8-calibrated'),
    calibrationTexts: texts,
  });
  expect(change.batchDifference).toBe(0);
  const predictor = await Predictor.open(await openBundle(made), 1);
  try {
    expect(predictor.rowByRow).toBe(false);
    const { predictions } = await predictor.run(texts.map((text) => ({ text })));
    for (const [place, text] of texts.entries()) {
      const alone = await predictor.run([{ text }]);
      expect(predictions[place]?.logits).toEqual(alone.predictions[0]?.logits);
    }
  } finally {
    await predictor.close();
  }
});

test('a quantised bundle has one variant, its accuracy before and after, and is run row by row', async () => {
  const bundle = await openBundle(await writeTinyBundle(folder));
  const examples = [
    { text: '房间很干净', label: 1 },
    { text: '太差了', label: 0 },
  ];
  const report = await quantizeBundle(bundle, { ...options(), splits: [{ name: 'dev', examples }] });
  expect(report.accuracy).toEqual([
    expect.objectContaining({
      before: expect.objectContaining({ rows: 2 }),
      after: expect.objectContaining({ rows: 2 }),
    }),
  ]);
  expect(report.change.difference).toBeLessThan(0.05);
  const made = await openBundle(report.folder);
  expect(made.manifest.variants).toEqual([
    expect.objectContaining({
      precision: 'int8',
      scheme: 'int8',
      weights: expect.stringContaining('8 bits'),
    }),
  ]);
  const predictor = await Predictor.open(made, 1);
  try {
    const [both] = [await predictor.run([{ text: '太差了' }, { text: '房间很干净，服务也好。' }])];
    const alone = await predictor.run([{ text: '太差了' }]);
    expect(both.predictions[0]?.logits).toEqual(alone.predictions[0]?.logits);
  } finally {
    await predictor.close();
  }
});

/** With weights that are worth storing in fewer bits. */
async function exportedRun(): Promise<string> {
  await writeTinyRun(join(folder, 'run'));
  const { folder: made } = await exportRun({
    run: join(folder, 'run'),
    ...options(),
    version: '1',
    precisions: ['fp32'],
    notes: null,
  });
  return made;
}

test.each(schemes.filter(({ name }) => name !== 'int4').map(({ name }) => name))(
  'what %s leaves can be exported, pruned and compared again',
  async (name) => {
    const bundle = await openBundle(await exportedRun());
    const calibrationTexts = ['房间很干净，服务也好。', '太差了'];
    const { folder: made } = await quantizeBundle(bundle, {
      ...options(),
      scheme: schemeOf(name),
      calibrationTexts,
    });
    const network = networkOf(bundle.manifest.network.kind, bundle.manifest.network.config);
    const { parameters } = await bundleSource(made);
    expect([...parameters.keys()].sort()).toEqual(network.parameters.map((one) => one.name).sort());
  },
);

test('quantised again, a bundle has one line of accuracy for each form', async () => {
  const splits = [{ name: 'dev', examples: [{ text: '太差了', label: 0 }] }];
  const stored = { ...options(), scheme: schemeOf('int8-stored'), splits };
  const first = await quantizeBundle(await openBundle(await exportedRun()), stored);
  const again = await quantizeBundle(await openBundle(first.folder), { ...options(), version: '3', splits });
  const { manifest } = await openBundle(again.folder);
  const lines = manifest.accuracy.map(({ data }) => data);
  expect(lines).toEqual(expect.arrayContaining(['dev, as int8-stored', 'dev, as int8']));
  expect(new Set(lines).size).toBe(lines.length);
});

test('that a version stands is told before anything is read', async () => {
  const bundle = await openBundle(await writeTinyBundle(folder));
  await quantizeBundle(bundle, options());
  const unread = {
    ...bundle,
    path: () => {
      throw new Error('it was read');
    },
  };
  await expect(quantizeBundle(unread, options())).rejects.toMatchObject({ code: 'bundle_exists' });
});
