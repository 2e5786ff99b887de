/** `retort predict`: one line a text, in order. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openBundle } from '../../core/bundle/read.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { killAll, retort, start } from './retort.js';

let root: string;
let bundle: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-predict-'));
  bundle = await writeTinyBundle(root);
});
afterAll(() => rm(root, { recursive: true }));
afterEach(killAll);

const lines = (text: string) => text.split('\n').slice(0, -1);
const jsonLines = (text: string) =>
  lines(text).map(
    (line) => JSON.parse(line) as { text: string; label: string; score: number; logits: number[] },
  );

test('labels the texts that are given, with a score', async () => {
  const { status, stdout, stderr } = await retort('predict', '--model', bundle, '很好', '太差了');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const rows = lines(stdout).map((line) => line.split('\t'));
  expect(rows.map(([, , text]) => text)).toEqual(['很好', '太差了']);
  for (const [label, score] of rows) {
    expect(label).toMatch(/^(negative|positive)$/);
    expect(Number(score)).toBeGreaterThanOrEqual(0.5);
    expect(Number(score)).toBeLessThanOrEqual(1);
  }
});

test('gives the logits that the bundle was made with, and the label of the larger one', async () => {
  const { golden, manifest } = await openBundle(bundle);
  const texts = golden.cases.map(({ text }) => text);
  const { status, stdout } = await retort('predict', '--model', bundle, '--json', ...texts);
  expect(status).toBe(0);
  const rows = jsonLines(stdout);
  expect(rows.map(({ text }) => text)).toEqual(texts);
  rows.forEach(({ logits, label }, index) => {
    logits.forEach((logit, k) => expect(logit).toBeCloseTo(golden.cases[index]!.logits[k]!, 4));
    expect(label).toBe(manifest.labels[logits[0]! > logits[1]! ? 0 : 1]);
  });
});

test.each([
  ['.txt', (texts: string[]) => texts.join('\n')],
  ['.jsonl', (texts: string[]) => texts.map((text) => JSON.stringify({ text })).join('\n')],
])(
  'reads a %s file of more texts than it predicts at once, after those that are given',
  async (extension, write) => {
    const texts = Array.from({ length: 150 }, (_, index) => `第${index}本书很好`);
    const file = path.join(root, `texts${extension}`);
    await writeFile(file, write(texts));
    const { status, stdout } = await retort('predict', '电脑', '--model', bundle, '--input', file, '--json');
    expect(status).toBe(0);
    expect(jsonLines(stdout).map(({ text }) => text)).toEqual(['电脑', ...texts]);
  },
);

test('a malformed line of a file is named', async () => {
  const file = path.join(root, 'broken.jsonl');
  await writeFile(file, '"很好"\n{"txt": "很好"}\n');
  const { status, stdout, stderr } = await retort('predict', '--model', bundle, '--input', file);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain('Line 2');
  expect(stderr).toContain('texts_line_malformed');
});

test('a damaged bundle is refused', async () => {
  const tampered = await writeTinyBundle(root, { name: 'tampered', goldenError: 0.5 });
  const { status, stderr } = await retort('predict', '--model', tampered, '很好');
  expect(status).toBe(1);
  expect(stderr).toContain('bundle_parity');
});

test('ends quietly when what reads its output has seen enough', async () => {
  const file = path.join(root, 'many.txt');
  await writeFile(
    file,
    Array.from({ length: 10_000 }, (_, index) => `${'好'.repeat(20)}${index}`).join('\n'),
  );
  const { child, ended } = start('predict', '--model', bundle, '--input', file);
  child.stdout!.once('data', () => child.stdout!.destroy());
  expect(await ended).toMatchObject({ status: 0, stderr: '' });
});
