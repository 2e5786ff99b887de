/** A bundle in 8 bits opens, answers as it did, and says how it was made. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openBundle } from '../../../core/bundle/read.js';
import { quantizeBundle } from '../../../export/quantize/quantize-bundle.js';
import { schemeOf } from '../../../export/quantize/schemes.js';
import { Predictor } from '../../../serving/predictor.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

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
