/** A pruned vocabulary: texts keep their pieces and their logits, with fewer rows. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkOutput, writePruned } from '../../../commands/prune/served.js';
import { openBundle } from '../../../core/bundle/read.js';
import { loadTokenizer } from '../../../core/text/tokenizers.js';
import { sessionLogits } from '../../../export/measure.js';
import { prunedTokenizer } from '../../../export/prune/tokenizer-files.js';
import { pruneVocabulary } from '../../../export/prune/vocabulary.js';
import { exportNetwork } from '../../../export/run-to-bundle.js';
import { bundleSource } from '../../../export/sources/bundle.js';
import { runSource } from '../../../export/sources/run.js';
import { fixtureUrl } from '../../fixture-url.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';
import { writeTinyRun } from '../../fixtures/tiny-run.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-prune-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a bundle has the rows that its texts use, and gives the logits that it gave', async () => {
  const bundle = await openBundle(await writeTinyBundle(folder));
  const texts = ['房间很干净', '太差了', '不知道'];
  const accuracy = [
    { data: 'dev', rows: 4, correct: 4, accuracy: 1, interval: [0.5, 1] satisfies [number, number] },
  ];
  const given = { ...(await bundleSource(bundle.folder)), accuracy };
  const { source, rows } = await pruneVocabulary(given, texts, folder);
  expect(rows.after).toBeLessThan(rows.before);
  const options = {
    repository: folder,
    name: 'small',
    version: '1',
    splits: [],
    notes: null,
    replace: false,
  };
  const report = await exportNetwork(source, { ...options, precisions: ['fp32'], now: new Date(0) });
  const made = await openBundle(report.folder);
  expect(made.manifest.network.config.vocabularySize).toBe(rows.after);
  // What was measured with all rows does not stand over fewer.
  expect(made.manifest).toMatchObject({ accuracy: [], calibration: null });
  const logits = await Promise.all(
    [bundle, made].map(async (one) => {
      const tokenizer = await loadTokenizer(one.manifest.tokenizer, one.folder);
      const file = await readFile(one.path(one.manifest.variants[0]!.file));
      return sessionLogits(
        file,
        'all',
        texts.map((text) => ({ ids: tokenizer.encode(text) })),
      );
    }),
  );
  expect(logits[1]).toEqual(logits[0]);
  expect(made.golden.cases.map((one) => one.text)).toEqual(bundle.golden.cases.map((one) => one.text));
});

test('precision, opset, and the form of weights stay what they are', async () => {
  await writeTinyRun(path.join(folder, 'run'));
  const source = await runSource(path.join(folder, 'run'));
  const options = { repository: folder, name: 'both', version: '1', splits: [], notes: null, replace: false };
  const bundle = await exportNetwork(source, {
    ...options,
    precisions: ['fp16-stored', 'int8-calibrated'],
    versions: { opset: 18, irVersion: 9 },
    weights: { type: 'uint8', bits: 8, perColumn: true },
    calibrationTexts: ['房间很干净'],
    latency: true,
    now: new Date(0),
  });
  const before = await openBundle(bundle.folder);
  const pruned = await pruneVocabulary(await bundleSource(before.folder), ['房间很干净'], folder);
  const output = path.join(folder, 'small', '1');
  await writePruned(before, pruned.source, { output, splits: [], calibrationTexts: ['太差了'], pruning: {} });
  expect((await openBundle(output)).manifest.variants).toEqual(before.manifest.variants);
  await expect(checkOutput(output, false)).rejects.toMatchObject({ code: 'bundle_exists' });
});

const texts = ['房间很干净，服务也好。', 'The room is clean!', '太差了 123'];

describe.each([
  ['bert', { kind: 'wordpiece', vocabularyFile: 'vocab.txt', maxTokens: 64 }],
  ['ernie', { kind: 'wordpiece', vocabularyFile: 'vocab.txt', maxTokens: 64 }],
  ['bert-json', { kind: 'tokenizer-json', file: 'tokenizer.json', maxTokens: 64 }],
  ['unigram', { kind: 'tokenizer-json', file: 'tokenizer.json', maxTokens: 64 }],
  ['unigram-bytes', { kind: 'tokenizer-json', file: 'tokenizer.json', maxTokens: 64 }],
])('the tokenizer of %s', (name, descriptor) => {
  test('cuts the texts as before, and has fewer pieces', async () => {
    const from = path.dirname(fixturePath(`tokenizers/${name}/x`));
    const before = await loadTokenizer(descriptor, from);
    const ids = texts.map((text) => before.encode(text));
    const pruned = await prunedTokenizer(descriptor, from, new Set(ids.flat()));
    await writeFile(path.join(folder, pruned.file), pruned.contents);
    const after = await loadTokenizer(descriptor, folder);
    expect(after.vocabularySize).toBe(pruned.kept.length);
    expect(after.vocabularySize).toBeLessThan(before.vocabularySize);
    for (const [place, text] of texts.entries())
      expect(after.encode(text).map((id) => pruned.kept[id])).toEqual(ids[place]);
  });
});

test('a kind that is not known how to prune is refused', async () => {
  await expect(prunedTokenizer({ kind: 'char-ngrams' }, folder, new Set())).rejects.toMatchObject({
    code: 'prune_tokenizer_unknown',
  });
});

function fixturePath(name: string): string {
  return decodeURIComponent(fixtureUrl(name).pathname);
}
