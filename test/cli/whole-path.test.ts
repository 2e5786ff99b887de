/** The whole path: labelled texts, a training run, a bundle of it, an answer, and the comparison with eager engines. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openBundle } from '../../core/bundle/read.js';
import { tinyReviews } from '../fixtures/tiny-reviews.js';
import { zip } from '../fixtures/zip.js';
import { killAll, retort, startIn } from './retort.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-whole-'));
});
afterAll(() => rm(root, { recursive: true }));
afterEach(killAll);

/** Runs a command that must succeed; gives what it prints. */
async function succeed(...commandLine: string[]): Promise<string> {
  const { status, stdout, stderr } = await retort(...commandLine);
  expect({ commandLine, status, stderr }).toEqual({ commandLine, status: 0, stderr: '' });
  return stdout;
}

test('from a zip of labelled texts to answers and a comparison', async () => {
  const data = path.join(root, 'Reviews.zip');
  const run = path.join(root, 'run');
  const repository = path.join(root, 'models');
  await writeFile(
    data,
    zip(
      new Map([
        ['Reviews/train.tsv', `${tinyReviews(240, 1)}2\t标签不对\n`],
        ['__MACOSX/Reviews/._train.tsv', 'a shadow'],
        ['Reviews/dev.tsv', tinyReviews(40, 2)],
      ]),
    ),
  );

  const small = ['--epochs', '3', '--embedding', '8', '--hidden', '8', '--inner', '8', '--batch-size', '16'];
  const rest = ['--learning-rate', '0.05', '--min-count', '1', '--threads', '1'];
  const trained = await succeed('train', 'student', '--data', data, '--out', run, ...small, ...rest);
  expect(trained).toContain('train: 240 rows, 1 left out');
  expect(trained).toContain(`retort export ${run} --repository runs/repository --name student`);

  const notes = path.join(root, 'notes.md');
  await writeFile(notes, 'Made by a *test*.\n');
  const told = ['--data', data, '--notes', notes];
  const exported = await succeed(
    'export',
    run,
    '--repository',
    repository,
    '--name',
    'tiny',
    ...told,
    '--json',
  );
  const { folder } = JSON.parse(exported) as { folder: string };
  const { manifest } = await openBundle(folder);
  expect(manifest.lineage.command).toMatch(/^retort train student --data Reviews.zip --epochs 3 /);
  expect(manifest.accuracy[0]).toMatchObject({ rows: 40 });
  expect(manifest.accuracy[2]).toMatchObject({
    data: 'dev, as fp32',
    correct: manifest.accuracy[0]!.correct,
  });
  expect(await readFile(path.join(folder, 'MODEL_CARD.md'), 'utf8')).toContain('Made by a *test*.');
  const evaluated = await succeed('evaluate', folder, '--data', data, '--json');
  expect(JSON.parse(evaluated)).toMatchObject({
    model: 'tiny',
    precision: 'fp32',
    scores: [
      { data: 'dev', rows: 40, correct: manifest.accuracy[0]!.correct },
      { rows: manifest.accuracy[1]!.rows, correct: manifest.accuracy[1]!.correct },
    ],
  });
  expect(await succeed('evaluate', folder, '--data', data)).toMatch(/^dev: \d+ of 40, /);
  const elsewhere = await startIn(root, 'export', run).ended;
  expect(elsewhere).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^runs.repository.student.1,/),
  });
  const again = await retort('export', run, '--repository', repository, '--name', 'tiny');
  expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('bundle_exists') });

  const predicted = await succeed(
    'predict',
    '--model',
    folder,
    '房间很好，服务不错。',
    '屏幕很差，令人失望。',
  );
  expect(predicted.split('\n').map((line) => line.split('\t')[0])).toEqual(['positive', 'negative', '']);

  const page = path.join(root, 'comparison.html');
  const engines = ['--engines', 'ort-eager,tfjs-wasm', '--preset', 'seed', '--html', page];
  const compared = await succeed('compare', folder, ...engines, '--json');
  expect(JSON.parse(compared)).toMatchObject({
    agree: true,
    bundles: [{ bundle: { name: 'tiny', version: '1' }, cells: [{ kind: 'seed', runs: 100 }] }],
  });
  expect(await readFile(page, 'utf8')).toContain('tfjs-wasm fp32');
}, 60_000);
