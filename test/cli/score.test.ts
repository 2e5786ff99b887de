/** `retort score` as a user runs it, with the shipped student. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { killAll, retort } from './retort.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-score-'));
});
afterEach(async () => {
  killAll();
  await rm(folder, { recursive: true });
});

test('labels every text as predict does, and a shard those of its own', async () => {
  const model = await writeTinyBundle(folder);
  const texts = ['房间很干净', '太差了', '书也很好', '电脑', '服务也好'];
  const input = path.join(folder, 'in.jsonl');
  const output = path.join(folder, 'out.jsonl');
  await writeFile(input, texts.map((text) => JSON.stringify({ text })).join('\n'));
  const common = ['--model', model, '--workers', '1'];
  expect(await retort('score', '--input', input, '--output', output, ...common)).toMatchObject({ status: 0 });
  const rows = (await readFile(output, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.map(({ index, text }) => [index, text])).toEqual(texts.map((text, index) => [index, text]));

  const predicted = await retort('predict', '--model', model, '--json', ...texts);
  const labels = predicted.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.map(({ label, score }) => [label, score])).toEqual(
    labels.map(({ label, score }) => [label, score]),
  );

  const shard = await retort('score', '--input', input, '--output', output, ...common, '--shard', '2/2');
  expect(shard.status).toBe(0);
  expect((await readFile(output, 'utf8')).trim().split('\n')).toHaveLength(2);

  const wrong = await retort('score', '--input', input, '--output', output, '--shard', '3/2');
  expect(wrong.status).toBe(2);
});
