/** From labelled texts to a bundle: what is served is the TF-IDF model that was fitted. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBundle } from '../../../core/bundle/read.js';
import { OrtEagerOps } from '../../../core/engines/ort-eager-ops.js';
import { openCharNgrams } from '../../../core/text/char-ngrams.js';
import { int32, int64, toNumbers } from '../../../core/tensor.js';
import { exportRun } from '../../../export/run-to-bundle.js';
import { networkOf } from '../../../models/networks.js';
import { readRun } from '../../../models/run-folder.js';
import { Predictor } from '../../../serving/predictor.js';
import { type LinearEvent, trainLinear } from '../../../training/linear/train-linear.js';
import { fixtureUrl } from '../../fixture-url.js';
import { tinyReviews } from '../../fixtures/tiny-reviews.js';

let root: string;
const events: LinearEvent[] = [];
const settings = {
  longest: 3,
  minDocuments: 2,
  inverseRegularization: 8,
  maxCharacters: 100,
  weight: 3,
};
const inRoot = (name: string) => path.join(root, name);
const train = (folder: string, also: string[] = [], data = 'set') =>
  trainLinear({
    data: inRoot(data),
    columns: {},
    trainRows: 'all',
    also,
    folder: inRoot(folder),
    settings,
    strict: true,
    command: 'test',
    onEvent: (event) => events.push(event),
  });

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-linear-'));
  await mkdir(inRoot('set'));
  await writeFile(inRoot('set/train.tsv'), tinyReviews(200, 1));
  await writeFile(inRoot('set/dev.tsv'), tinyReviews(40, 2));
  await train('run');
});
afterAll(() => rm(root, { recursive: true }));

test('it tells praise from blame, and the same folder is not used twice', async () => {
  const { run } = await readRun(inRoot('run'));
  expect(run.scores[0]).toMatchObject({ data: 'dev', rows: 40, correct: 40 });
  expect(events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['data', 'tokenizer', 'iteration', 'scores']),
  );
  await expect(train('run')).rejects.toMatchObject({ code: 'run_exists' });
});

test('the same data give the same bytes', async () => {
  await train('again');
  for (const file of ['best.safetensors', 'ngrams.txt', 'run.json'])
    expect((await readFile(inRoot(`again/${file}`))).equals(await readFile(inRoot(`run/${file}`)))).toBe(
      true,
    );
});

test('more texts are added without those that stand in dev or test', async () => {
  await mkdir(inRoot('tested'));
  for (const split of ['train', 'dev']) await cp(inRoot(`set/${split}.tsv`), inRoot(`tested/${split}.tsv`));
  await writeFile(inRoot('tested/test.tsv'), 'text_a\n这句只在测试里\n');
  await writeFile(
    inRoot('more.tsv'),
    `${tinyReviews(30, 3)}${tinyReviews(40, 2).split('\n').slice(1).join('\n')}1\t这句只在测试里\n`,
  );
  await train('also', [inRoot('more.tsv')], 'tested');
  const told = events.find((event) => event.kind === 'also');
  expect(told).toMatchObject({ evaluation: expect.any(Number) });
  expect(told?.kind === 'also' ? told.evaluation : 0).toBeGreaterThanOrEqual(41);
  const { run } = await readRun(inRoot('also'));
  expect(run.data.map(({ name, terms }) => [name, terms])).toEqual([
    ['tested train', 'not stated'],
    ['tested dev', 'not stated'],
    ['more.tsv', 'not stated'],
  ]);
});

test('a bundle of it gives the scores of the definition, alone and beside others', async () => {
  const { folder } = await exportRun({
    run: inRoot('run'),
    repository: inRoot('models'),
    name: 'linear',
    version: '1',
    precisions: ['fp32'],
    splits: [],
    notes: null,
    replace: false,
    now: new Date(0),
  });
  const { parameters } = await readRun(inRoot('run'));
  const ngrams = (await readFile(inRoot('run/ngrams.txt'), 'utf8')).split('\n').slice(0, -1);
  const [table, [bias]] = ['ngrams', 'bias'].map((name) => toNumbers(parameters.get(name)!)) as [
    number[],
    [number],
  ];
  const texts = ['房间很干净，服务也好。', '太差了', '', '𠮷', '书和书很好，书不好。'];
  const expected = texts.map((text) => {
    let [weighted, squares] = [0, 0];
    ngrams.forEach((ngram, index) => {
      if (!text.includes(ngram)) return;
      weighted += table[2 * (index + 1)]!;
      squares += table[2 * (index + 1) + 1]!;
    });
    return squares === 0 ? bias : weighted / Math.sqrt(squares) + bias;
  });
  const predictor = await Predictor.open(await openBundle(folder), 1);
  const together = await predictor.run(texts.map((text) => ({ text })));
  for (const [index, text] of texts.entries()) {
    const alone = await predictor.run([{ text }]);
    for (const { logits } of [alone.predictions[0]!, together.predictions[index]!]) {
      expect(logits[1]! - logits[0]!).toBeCloseTo(expected[index]!, 4);
      expect(logits[0]! + logits[1]!).toBeCloseTo(0, 6);
    }
  }
  await predictor.close();
});

test('what stands behind a row’s length changes nothing', async () => {
  const { run, parameters } = await readRun(inRoot('run'));
  const network = networkOf(run.network.kind, run.network.config);
  const ops = new OrtEagerOps();
  const bound = Object.fromEntries(Array.from(parameters, ([name, value]) => [name, ops.constant(value)]));
  const logits = async (ids: number[], length: number) =>
    toNumbers(
      await network.forward(ops, bound, {
        input_ids: ops.constant(int64(ids, [1, ids.length])),
        sequence_lengths: ops.constant(int32([length])),
      }).logits!,
    );
  expect(await logits([1, 2, 3, 9, 8], 3)).toEqual(await logits([1, 2, 3], 3));
  await ops.close();
});

test('the tokenizer gives each known n-gram once, and names a line that stands twice', async () => {
  const descriptor = { kind: 'char-ngrams', vocabularyFile: 'small.txt', longest: 2, maxCharacters: 6 };
  await writeFile(inRoot('small.txt'), '好\n好好\n很\n \n𠮷\n');
  const tokenizer = await openCharNgrams(descriptor, root);
  const encode = (text: string) => tokenizer.encode(text);
  expect(tokenizer.vocabularySize).toBe(6);
  expect(encode('很好好好').sort()).toEqual([1, 2, 3]);
  expect(encode('好\n\n𠮷')).toEqual([1, 4, 5]);
  expect(encode('xxxxxx好')).toEqual([0]);
  expect(encode('')).toEqual([0]);
  await writeFile(inRoot('small.txt'), '好\n很\n好\n');
  await expect(openCharNgrams(descriptor, root)).rejects.toMatchObject({
    code: 'vocabulary_malformed',
    message: expect.stringContaining('3'),
  });
});

interface Golden {
  readonly [rows: string]: unknown;
  readonly train: [number, string][];
  readonly added: [number, string][];
  readonly dev: [number, string][];
  readonly alone: { entries: number; scores: number[] };
  readonly withAdded: { entries: number; scores: number[] };
}

test.each(['alone', 'withAdded'] as const)('the scores of scikit-learn, %s', async (which) => {
  const golden = JSON.parse(await readFile(fixtureUrl('linear/golden.json'), 'utf8')) as Golden;
  const lines = (rows: [number, string][]) =>
    rows.map(([label, text]) => JSON.stringify({ label, text })).join('\n');
  const set = inRoot(`golden-${which}`);
  await mkdir(set);
  await writeFile(path.join(set, 'train.jsonl'), lines(golden.train));
  await writeFile(path.join(set, 'dev.jsonl'), lines(golden.dev));
  await writeFile(path.join(set, 'added.jsonl'), lines(golden.added));
  const folder = path.join(set, 'run');
  await trainLinear({
    data: set,
    columns: {},
    trainRows: 'all',
    also: which === 'alone' ? [] : [path.join(set, 'added.jsonl')],
    folder,
    settings: { ...settings, longest: 4 },
    strict: true,
    command: 'test',
    onEvent: () => undefined,
  });
  const { run, parameters } = await readRun(folder);
  expect(run.network.config.vocabularySize).toBe(golden[which].entries + 1);
  const tokenizer = await openCharNgrams(run.tokenizer, folder);
  const [table, [bias]] = ['ngrams', 'bias'].map((name) => toNumbers(parameters.get(name)!)) as [
    number[],
    [number],
  ];
  golden.dev.forEach(([, text], index) => {
    const ids = tokenizer.encode(text);
    const sum = (offset: number) => ids.reduce((total, id) => total + table[2 * id + offset]!, 0);
    const score = sum(1) === 0 ? bias : sum(0) / Math.sqrt(sum(1)) + bias;
    expect(score).toBeCloseTo(golden[which].scores[index]!, 4);
  });
});
