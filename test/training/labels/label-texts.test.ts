/** Labelling: means of teachers, what is left out, going on after a stop, and a student that learns from it. */
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadSegmenter } from '../../../core/text/segmenter.js';
import { readRun } from '../../../models/run-folder.js';
import {
  type LabelHeader,
  type LabelRow,
  LabelWriter,
  openLabelFile,
  readLabelHeader,
} from '../../../training/labels/label-file.js';
import type { TrainRows } from '../../../training/data/evaluation-texts.js';
import { readLabelled, type RunEvent } from '../../../training/labelled-run.js';
import { labelTexts, type Teacher } from '../../../training/labels/label-texts.js';
import { readSources, type UnlabelledRow, withCopies } from '../../../training/labels/sources.js';
import { type StudentOptions, trainStudent } from '../../../training/train-student.js';
import { tinyReviews } from '../../fixtures/tiny-reviews.js';

let root: string;
const inRoot = (name: string) => path.join(root, name);
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-labels-'));
  await mkdir(inRoot('set'));
  await writeFile(inRoot('set/train.tsv'), tinyReviews(200, 1));
  await writeFile(inRoot('set/dev.tsv'), tinyReviews(40, 2));
});
afterAll(() => rm(root, { recursive: true }));

/** Counts praise and blame. */
function teacher(
  name: string,
  weight: number,
  { sign = 1, maskText = ' ', precision = 'fp32' } = {},
): Teacher {
  return {
    name,
    version: '1',
    sha256: name.repeat(64).slice(0, 64),
    precision,
    weight,
    maskText,
    label: (texts) =>
      Promise.resolve(
        texts.map((text) => {
          const count = (...words: string[]) => words.filter((word) => text.includes(word)).length;
          const z = sign * (count('很好', '干净', '满意', '不错') - count('很差', '脏', '失望', '不好'));
          return { logits: [-z, text.includes('<mask>') ? 100 : z], words: text.length };
        }),
      ),
  };
}

async function rowsIn(file: string): Promise<LabelRow[]> {
  const { batches } = await openLabelFile(file);
  const rows: LabelRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

const plain = (text: string, label: 0 | 1 | null = null): UnlabelledRow => ({
  text,
  words: null,
  label,
  ofTrain: label !== null,
});
const label = (
  rows: readonly UnlabelledRow[],
  out: string,
  more: Partial<Parameters<typeof labelTexts>[0]> = {},
) =>
  labelTexts({
    teachers: [teacher('a', 1), teacher('b', 3, { sign: -1 })],
    rows,
    data: [],
    augmentation: null,
    out: inRoot(out),
    onProgress: () => undefined,
    ...more,
  });

test('logits are the mean by weight, and rows stand in their order with what is known of them', async () => {
  const result = await label([plain('很好', 1), plain('太脏了，很差', 0), plain('书')], 'mean.arrow');
  expect(result).toEqual({ finished: true, rows: 3, kept: 0, known: 2, agreed: 0 });
  expect(await rowsIn(inRoot('mean.arrow'))).toEqual([
    { text: '很好', words: null, logits: [0.5, -0.5], label: 1, ofTrain: true },
    { text: '太脏了，很差', words: null, logits: [-1, 1], label: 0, ofTrain: true },
    { text: '书', words: null, logits: [0, 0], label: null, ofTrain: false },
  ]);
  await expect(label([plain('书')], 'mean.arrow')).rejects.toMatchObject({ code: 'labels_other_run' });
  await expect(openLabelFile(inRoot('none.arrow'))).rejects.toMatchObject({ code: 'labels_missing' });
  await writeFile(inRoot('text.arrow'), 'no label file');
  await expect(openLabelFile(inRoot('text.arrow'))).rejects.toMatchObject({ code: 'labels_malformed' });
});

test('a masked word is the mask token to a teacher that has one, and [UNK] to the student', async () => {
  const rows = [
    { text: '房间很好', words: ['房间', null], label: null, ofTrain: false },
    { text: '说very good 3 次', words: ['说', 'very', 'good', '3', '次'], label: null, ofTrain: false },
  ];
  await label(rows, 'masked.arrow', { teachers: [teacher('a', 1, { maskText: '<mask>' })] });
  expect(await rowsIn(inRoot('masked.arrow'))).toEqual([
    { text: '房间[UNK]', words: ['房间', '[UNK]'], logits: [0, 100], label: null, ofTrain: false },
    {
      text: '说very good 3次',
      words: ['说', 'very', 'good', '3', '次'],
      logits: [0, 0],
      label: null,
      ofTrain: false,
    },
  ]);
});

test('a stopped run goes on to the same bytes, from whatever was whole', async () => {
  const rows = Array.from({ length: 5000 }, (_, index) => plain(`第${index}本书很好`));
  await label(rows, 'whole.arrow');
  const stop = new AbortController();
  const stopped = await label(rows, 'stopped.arrow', {
    signal: stop.signal,
    onProgress: () => {
      stop.abort();
    },
  });
  expect(stopped).toMatchObject({ finished: false, rows: 2048 });
  const other = { teachers: [teacher('c', 1)] };
  await expect(label(rows, 'stopped.arrow', other)).rejects.toMatchObject({ code: 'labels_other_run' });
  await expect(label(rows.slice(1), 'stopped.arrow')).rejects.toMatchObject({ code: 'labels_other_run' });
  expect(await label(rows, 'stopped.arrow')).toMatchObject({ finished: true, kept: 2048 });
  const bytes = await readFile(inRoot('whole.arrow'));
  expect((await readFile(inRoot('stopped.arrow'))).equals(bytes)).toBe(true);
  for (const kept of [bytes.length - 20_000, 3000, 100, 0]) {
    await writeFile(inRoot('cut.arrow.part'), bytes);
    await truncate(inRoot('cut.arrow.part'), kept);
    expect(await label(rows, 'cut.arrow')).toMatchObject({ finished: true, rows: 5000 });
    expect((await readFile(inRoot('cut.arrow'))).equals(bytes)).toBe(true);
    await rm(inRoot('cut.arrow'));
  }
});

test('what is labelled is kept for the same labels, words and split alone', async () => {
  const row: UnlabelledRow = { text: '房间很好', words: ['房间', null, '好'], label: 1, ofTrain: true };
  await label([row], 'same.arrow');
  expect(await label([row], 'same.arrow')).toMatchObject({ finished: true, kept: 1 });
  for (const other of [
    { ...row, label: 0 as const },
    { ...row, label: null },
    { ...row, ofTrain: false },
    { ...row, words: ['房间', null, '好', ''] },
    { ...row, text: '房间[UNK]好', words: null },
  ]) {
    await expect(label([other], 'same.arrow')).rejects.toMatchObject({ code: 'labels_other_run' });
  }
});

test('logits that are not two finite numbers are told of with their text, and what stands before them is kept', async () => {
  const broken = (logits: number[][]): Teacher => ({
    ...teacher('a', 1),
    label: (texts) =>
      Promise.resolve(
        texts.flatMap((text) =>
          text === '坏' ? logits.map((one) => ({ logits: one, words: 1 })) : [{ logits: [0, 1], words: 1 }],
        ),
      ),
  });
  for (const logits of [[[0, Number.NaN]], [[Infinity, 0]], [[0]], [[0, 1, 2]], []]) {
    const rows = [plain('好'), plain('坏')];
    const teachers = [teacher('b', 1), broken(logits)];
    await expect(label(rows, 'unsound.arrow', { teachers })).rejects.toMatchObject({
      code: 'labels_unusable',
      message: expect.stringMatching(/a 1 .*坏/),
    });
  }
  const rows = [...Array.from({ length: 2048 }, (_, index) => plain(`第${index}本书`)), plain('坏')];
  const of = (logits: number[]) => ({ teachers: [broken([logits])] });
  await expect(label(rows, 'mended.arrow', of([0, Number.NaN]))).rejects.toThrow();
  expect(await label(rows, 'mended.arrow', of([0, 1]))).toMatchObject({ finished: true, kept: 2048 });
});

test('a run goes on in the precision that it began in; a finished file, or one that tells none, fits any', async () => {
  const rows = Array.from({ length: 2050 }, (_, index) => plain(`第${index}本书很好`));
  const stop = new AbortController();
  const stopping = { signal: stop.signal, onProgress: () => stop.abort() };
  const inPrecision = (precision: string) => ({ teachers: [teacher('a', 1, { precision })] });
  await label(rows, 'precise.arrow', { ...inPrecision('fp16'), ...stopping });
  await expect(label(rows, 'precise.arrow', inPrecision('int8'))).rejects.toMatchObject({
    code: 'labels_other_run',
  });
  expect(await label(rows, 'precise.arrow', inPrecision('fp16'))).toMatchObject({ kept: 2048 });
  expect(await label(rows, 'precise.arrow', inPrecision('int8'))).toMatchObject({ kept: 2050 });
  const { header, batches } = await openLabelFile(inRoot('precise.arrow'));
  const [{ precision, ...untold }] = header.teachers as [LabelHeader['teachers'][number]];
  expect(precision).toBe('fp16');
  const writer = await LabelWriter.open(inRoot('untold.arrow'), { ...header, teachers: [untold] }, []);
  for await (const some of batches) if (some.length === 2048) await writer.append(some);
  await writer.close();
  expect(await label(rows, 'untold.arrow', inPrecision('int8'))).toMatchObject({ kept: 2048 });
});

test('what an earlier run began is never lost, even where it cannot be read', async () => {
  const rows = [plain('书很好')];
  await label(rows, 'begun.arrow');
  const header = await readLabelHeader(inRoot('begun.arrow'));
  const part = inRoot('later.arrow.part');
  const later = { ...header, format: 3 } as unknown as LabelHeader;
  const writer = await LabelWriter.open(inRoot('later.arrow'), later, []);
  await writer.append([{ text: '书很好', words: null, logits: [0, 1], label: null, ofTrain: false }]);
  await writer.close();
  const bytes = await readFile(part);
  for (const content of [bytes, Buffer.from('no'), Buffer.from('no label file'), Buffer.alloc(100)]) {
    await writeFile(part, content);
    await expect(label(rows, 'later.arrow')).rejects.toMatchObject({ code: 'labels_malformed' });
    expect(await readFile(part)).toEqual(content);
  }
  await rm(part);
  await mkdir(part);
  await expect(label(rows, 'later.arrow')).rejects.toMatchObject({ code: 'labels_malformed' });
  expect(await readdir(inRoot(''))).not.toContain('later.arrow');
});

test('teachers that contradict most of the labels are refused', async () => {
  const rows = Array.from({ length: 200 }, (_, index) => plain(`第${index}本书很好`, 0));
  const opposed = label(rows, 'opposed.arrow', { teachers: [teacher('a', 1)] });
  await expect(opposed).rejects.toMatchObject({ code: 'labels_disagree' });
});

test('a place that cannot be written, and texts without end', async () => {
  await expect(label([plain('书')], 'none/labels.arrow')).rejects.toMatchObject({ code: 'file_unwritable' });
  const enormous = '很好'.repeat(500_000);
  await label([plain(enormous), plain('书')], 'enormous.arrow');
  const [first] = await rowsIn(inRoot('enormous.arrow'));
  expect(first).toMatchObject({ text: enormous });
});

async function sources(texts: string[] = [], also: string[] = []) {
  const events: unknown[] = [];
  const found = await readSources({
    data: inRoot('set'),
    columns: {},
    trainRows: 'unseen',
    also,
    texts,
    strict: true,
    onSource: (event) => events.push(event),
  });
  return { ...found, events };
}

test('no text is labelled twice, and none of dev; labels of further texts are read where that is asked', async () => {
  const [header, first = ''] = tinyReviews(40, 2).split('\n');
  await writeFile(inRoot('more.tsv'), [header, first, '1\t书很好', '0\t书很好', ''].join('\n'));
  for (const [more, known] of [
    [await sources([inRoot('more.tsv')]), null],
    [await sources([], [inRoot('more.tsv')]), 1],
  ] as const) {
    const { rows, data, events } = more;
    expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length);
    expect(rows.at(-1)).toEqual({ text: '书很好', words: null, label: known, ofTrain: false });
    expect(rows.slice(0, -1).every((row) => row.label !== null && row.ofTrain)).toBe(true);
    expect(data.map(({ name }) => name)).toEqual(['set train', 'more.tsv']);
    expect(events[1]).toMatchObject({ rows: 1, repeated: 1, evaluation: 1 });
  }
});

test('labels that nobody reads stop nothing and leave nothing out', async () => {
  const folder = inRoot('other-labels');
  const rows = (from: string) => `text,label,polarity\n${from}一,hotel,1\n${from}二,hotel,0\n`;
  await mkdir(folder);
  for (const split of ['train', 'dev']) await writeFile(path.join(folder, `${split}.csv`), rows(split));
  await writeFile(path.join(folder, 'test.csv'), 'text,label\ntrain一,-1\n测试,-1\n');
  await writeFile(inRoot('rated.csv'), 'text,label\n书很好,5\n测试,1\n');
  const columns = { labelColumn: 'polarity' };
  const events: unknown[] = [];
  const found = await readSources({
    data: folder,
    columns,
    trainRows: 'unseen',
    also: [],
    texts: [inRoot('rated.csv')],
    strict: true,
    onSource: (event) => events.push(event),
  });
  expect(found.rows).toEqual([
    { text: 'train二', words: null, label: 0, ofTrain: true },
    { text: '书很好', words: null, label: null, ofTrain: false },
  ]);
  expect(events[1]).toMatchObject({ rows: 1, rejected: 0, evaluation: 1 });
  const data = { data: folder, columns, trainRows: 'unseen', strict: true } as const;
  const { train, heldOut } = await readLabelled({ ...data, onEvent: () => undefined });
  expect(train.examples).toEqual([{ text: 'train二', label: 0 }]);
  expect(heldOut.map(({ text }) => text)).toEqual(['dev一', 'dev二', 'train一', '测试']);
});

test('a text that starts with byte order marks, or holds half a surrogate pair, is known again', async () => {
  const texts = ['\uFEFF\uFEFF书很好', '房间\uD83D很差'];
  await writeFile(inRoot('odd.jsonl'), texts.map((text) => JSON.stringify({ text })).join('\n'));
  const { rows, data } = await sources([inRoot('odd.jsonl')]);
  expect(rows.slice(-2).map(({ text }) => text)).toEqual(['书很好', '房间\uFFFD很差']);
  const options = { data, teachers: [teacher('a', 1)] };
  await label(rows, 'odd.arrow', options);
  expect(await label(rows, 'odd.arrow', options)).toMatchObject({ finished: true, kept: rows.length });
});

test('rows of train that stand in dev are left out, or kept and then left out by training', async () => {
  const dev = await readFile(inRoot('set/dev.tsv'), 'utf8');
  const [, repeated = ''] = dev.split('\n');
  await mkdir(inRoot('repeating'));
  await writeFile(inRoot('repeating/dev.tsv'), dev);
  const train = await readFile(inRoot('set/train.tsv'), 'utf8');
  await writeFile(inRoot('repeating/train.tsv'), `${train}${repeated}\n`);
  const repeating = (trainRows: TrainRows) =>
    readSources({
      data: inRoot('repeating'),
      columns: {},
      trainRows,
      also: [],
      texts: [],
      strict: true,
      onSource: () => 0,
    });
  const [all, unseen] = [await repeating('all'), await repeating('unseen')];
  const text = repeated.split('\t').at(-1) ?? '';
  expect(all.rows.map((row) => row.text)).toContain(text);
  expect(unseen.rows.map((row) => row.text)).not.toContain(text);
  expect(all.rows).toEqual(expect.arrayContaining([...unseen.rows]));
  const labelled = await readLabelled({
    data: inRoot('repeating'),
    trainRows: 'unseen',
    strict: true,
    onEvent: () => undefined,
  });
  expect(new Set(labelled.train.examples.map((row) => row.text))).toEqual(
    new Set(unseen.rows.map((row) => row.text)),
  );
  const [whole, kept] = labelled.evaluation;
  expect(whole.examples.map((row) => row.text)).toContain(text);
  expect(kept.examples.map((row) => row.text)).not.toContain(text);
});

test('texts of which none is left are told of before anything is written', async () => {
  await expect(label([], 'nothing.arrow')).rejects.toMatchObject({ code: 'data_empty' });
  await expect(readFile(inRoot('nothing.arrow.part'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('copies follow their text, differ from it and from each other, and are the same for the same seed', async () => {
  const rows = (await sources()).rows.slice(0, 20);
  const segmenter = await loadSegmenter('node-rs-jieba');
  const settings = { copies: 3, swap: 0.1, mask: 0.3, ngram: 0.3, crop: 0.3 };
  const copies = withCopies(rows, segmenter, settings, 1);
  expect(copies.filter(({ words }) => words === null)).toEqual(rows);
  expect(copies.length).toBeGreaterThan(2.5 * rows.length);
  expect(copies.length).toBeLessThanOrEqual(4 * rows.length);
  expect(withCopies(rows, segmenter, settings, 1)).toEqual(copies);
  expect(withCopies(rows, segmenter, settings, 2)).not.toEqual(copies);
});

test('a student learns from logits what the labels do not say; its lineage names the teacher', async () => {
  const segmenter = await loadSegmenter('node-rs-jieba');
  const { rows, data } = await sources();
  const told: RunEvent[] = [];
  const opposed = [teacher('a', 1, { sign: -1 })];
  const unlabelled = rows.map((row) => ({ ...row, label: null }));
  const copies = withCopies(unlabelled, segmenter, { copies: 1, swap: 0, mask: 0.1, ngram: 0, crop: 0 }, 1);
  await label(copies, 'opposed-copies.arrow', { teachers: opposed, data });
  const options = (folder: string, labels: string[], loss: 'mse' | 'cross-entropy'): StudentOptions => ({
    data: inRoot('set'),
    trainRows: 'all',
    folder: inRoot(folder),
    settings: {
      epochs: 4,
      batchSize: 16,
      microBatchSize: 16,
      optimizer: 'adam',
      learningRate: 0.02,
      schedule: 'linear',
      warmup: 0,
      loss,
      dropout: 0,
      clipNorm: 5,
      evaluateEvery: 1000,
      seed: 1,
      intraOpThreads: 1,
      segmenter: 'node-rs-jieba',
      maxWords: 32,
      minCount: 1,
      unknownWords: 'characters',
      wordDropout: 0.1,
      labelShare: 0,
      trainPasses: 1,
      temperature: 2,
      embedding: 8,
      hidden: 8,
      inner: 8,
      wordVectors: 'ppmi',
    },
    labels: labels.map(inRoot),
    strict: true,
    resume: false,
    command: 'test',
    onEvent: (event) => told.push(event),
  });
  for (const loss of ['mse', 'cross-entropy'] as const) {
    const { best } = await trainStudent(options(`run-${loss}`, ['opposed-copies.arrow'], loss));
    expect(best?.correct).toBeLessThan(4);
    const { run } = await readRun(inRoot(`run-${loss}`));
    expect(run.teacher).toMatch(/^a 1 \(manifest a+\), weight 1$/);
    expect(run.base?.name).toContain('PPMI');
    expect(run.data.map(({ name }) => name)).toEqual(['set train', 'set dev']);
  }
  // The labels alone, which say the contrary of the logits.
  const contrary = rows
    .slice(0, 90)
    .map((row): UnlabelledRow => ({ ...row, label: row.label === 1 ? 0 : 1 }));
  await label(contrary, 'contrary.arrow', { teachers: [teacher('a', 1)], data });
  const known = options('known', ['contrary.arrow'], 'mse');
  const all = { ...known.settings, labelShare: 1, trainPasses: 2, epochs: 8 };
  expect((await trainStudent({ ...known, settings: all })).best?.correct).toBeLessThan(8);
  // Final epochs read the train split alone, each row once.
  const partly = rows.map((row, place) => ({ ...row, ofTrain: place < 70 }));
  await label(partly, 'partly.arrow', { teachers: [teacher('a', 1)], data });
  told.length = 0;
  const ended = options('ended', ['partly.arrow'], 'mse');
  const final = { ...ended.settings, epochs: 1, trainPasses: 2, finalEpochs: 1 };
  await trainStudent({ ...ended, settings: final });
  const steps = Math.ceil((rows.length + 70) / 16) + Math.ceil(70 / 16);
  expect(told.filter(({ kind }) => kind === 'step')).toHaveLength(steps);
  const other = { copies: 1, segmenter: 'another' };
  await label(copies, 'cut.arrow', { teachers: opposed, data, augmentation: other });
  await expect(trainStudent(options('cut', ['cut.arrow'], 'mse'))).rejects.toMatchObject({
    code: 'labels_of_other_segmenter',
  });
  const madeOfAll = { copies: 1, segmenter: 'node-rs-jieba', trainRows: 'all' as const };
  await label(copies, 'all.arrow', { teachers: opposed, data, augmentation: madeOfAll });
  const unseen = { ...options('unseen', ['all.arrow'], 'mse'), trainRows: 'unseen' as const };
  await expect(trainStudent(unseen)).rejects.toMatchObject({ code: 'labels_of_evaluation_rows' });
  // Labelled where nobody knew of dev.
  const dev = (await readLabelled({ ...options('', [], 'mse'), onEvent: () => undefined })).dev.examples;
  const unaware = [...unlabelled.slice(0, 30), ...dev.map(({ text }) => plain(text))];
  await label(unaware, 'unaware.arrow', { teachers: opposed });
  told.length = 0;
  await trainStudent(options('unaware', ['unaware.arrow'], 'mse'));
  expect(told).toContainEqual({ kind: 'left-out', rows: dev.length });
  await label(
    dev.map(({ text }) => plain(text)),
    'dev.arrow',
    { teachers: opposed },
  );
  await expect(trainStudent(options('dev', ['dev.arrow'], 'mse'))).rejects.toMatchObject({
    code: 'data_empty',
  });
  await label(unlabelled, 'others.arrow');
  const mixed = options('mixed', ['opposed-copies.arrow', 'others.arrow'], 'mse');
  await expect(trainStudent(mixed)).rejects.toMatchObject({ code: 'labels_of_other_teachers' });
}, 60_000);
