import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { evaluationSplits } from '../../../training/data/labelled.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-labelled-'));
  await mkdir(path.join(root, 'set'));
  await writeFile(path.join(root, 'set', 'train.tsv'), 'label\ttext_a\n1\t很好。\n0\t太差\n');
  await writeFile(path.join(root, 'set', 'dev.tsv'), 'label\ttext_a\n1\t很好！\n0\t不行\n1\t不错\n');
  await writeFile(path.join(root, 'alone.jsonl'), '{"text": "很好", "label": 1}\n');
  await writeFile(path.join(root, 'bare.jsonl'), '{"text": "很好"}\n');
});
afterAll(() => rm(root, { recursive: true }));

const texts = async (file: string, split: 'dev' | 'train' = 'dev') => {
  const { splits } = await evaluationSplits(path.join(root, file), { split });
  return splits.map(({ name, examples }) => [name, examples.map(({ text }) => text)]);
};

test('a split is given whole, and without what also stands in train', async () => {
  expect(await texts('set')).toEqual([
    ['dev', ['很好！', '不行', '不错']],
    ['dev without the rows that also stand in train', ['不行', '不错']],
  ]);
});

test('a single file, and train itself, are given whole', async () => {
  expect(await texts('alone.jsonl')).toEqual([['alone.jsonl', ['很好']]]);
  expect(await texts('set', 'train')).toEqual([['train', ['很好。', '太差']]]);
});

test('rows that do not fit are told of, and with strict they are an error', async () => {
  await mkdir(path.join(root, 'broken'));
  await writeFile(path.join(root, 'broken', 'train.tsv'), 'label\ttext_a\n1\t很好。\n7\t太差\n');
  await writeFile(path.join(root, 'broken', 'dev.tsv'), 'label\ttext_a\n1\t不错\n2\t不行\n');
  const read = (strict: boolean) => evaluationSplits(path.join(root, 'broken'), { split: 'dev', strict });
  expect((await read(false)).rejected).toMatchObject([{ line: 3 }]);
  await expect(read(true)).rejects.toMatchObject({ code: 'data_row_malformed' });
  await writeFile(path.join(root, 'broken', 'dev.tsv'), 'label\ttext_a\n1\t不错\n');
  expect((await read(true)).splits[0]).toMatchObject({ examples: [{ text: '不错' }] });
});

test('of train the texts alone count, whatever its labels are', async () => {
  await mkdir(path.join(root, 'rated'));
  await writeFile(path.join(root, 'rated', 'train.tsv'), 'label\ttext_a\n-1\t很好。\n');
  await writeFile(path.join(root, 'rated', 'dev.tsv'), 'label\ttext_a\n1\t很好\n0\t不行\n');
  expect((await texts('rated')).map(([, rows]) => rows)).toEqual([['很好', '不行'], ['不行']]);
});

test('texts without labels are refused', async () => {
  await expect(texts('bare.jsonl')).rejects.toMatchObject({ code: 'data_without_labels' });
});
