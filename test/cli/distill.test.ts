/** `retort label` and `retort distill`: from a teacher's bundle to a student's, in one command that goes on. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBundle } from '../../core/bundle/read.js';
import { exportRun } from '../../export/run-to-bundle.js';
import { trainLinear } from '../../training/linear/train-linear.js';
import { readLabelHeader } from '../../training/labels/label-file.js';
import { tinyReviews } from '../fixtures/tiny-reviews.js';
import { retort } from './retort.js';

let root: string;
const inRoot = (name: string) => path.join(root, name);
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-distill-'));
  await mkdir(inRoot('set'));
  await writeFile(inRoot('set/train.tsv'), tinyReviews(200, 1));
  await writeFile(inRoot('set/dev.tsv'), tinyReviews(40, 2));
  await writeFile(inRoot('more.tsv'), tinyReviews(100, 3));
  await trainLinear({
    data: inRoot('set'),
    columns: {},
    trainRows: 'all',
    also: [],
    folder: inRoot('linear'),
    settings: { longest: 3, minDocuments: 2, inverseRegularization: 8, maxCharacters: 100, weight: 1 },
    strict: true,
    command: 'test',
    onEvent: () => undefined,
  });
  await exportRun({
    run: inRoot('linear'),
    repository: inRoot('repository'),
    name: 'linear',
    version: '1',
    precisions: ['fp32'],
    splits: [],
    notes: null,
    replace: false,
    now: new Date(0),
  });
});
afterAll(() => rm(root, { recursive: true }));

const settings =
  '--embedding 8 --hidden 8 --inner 8 --epochs 6 --batch-size 16 --learning-rate 0.02 --threads 1 --min-count 1'.split(
    ' ',
  );
const distill = (...more: string[]) =>
  retort(
    ...['distill', '--teacher', `${inRoot('repository/linear/1')}=2`, '--data', inRoot('set')],
    ...['--texts', inRoot('more.tsv'), '--copies', '1', '--out', inRoot('run')],
    ...['--repository', inRoot('repository'), '--unknown-words', 'characters', '--word-vectors', 'ppmi'],
    ...settings,
    ...more,
  );

test('one command gives a calibrated bundle whose lineage names the teacher; it repeats nothing', async () => {
  const { status, stdout, stderr } = await distill();
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('texts/s') });
  expect(stdout).toContain('calibrated: temperature');
  const { manifest, folder } = await openBundle(inRoot('repository/student/1'));
  expect(manifest.accuracy[0]).toMatchObject({ rows: 40, correct: 40 });
  expect(manifest.calibration).toMatchObject({ rows: 40 });
  expect(manifest.lineage.teacher).toMatch(/^linear 1 \(manifest [0-9a-f]{12}\), weight 2$/);
  expect(manifest.lineage.command).toContain('retort distill --');
  expect(manifest.lineage.command).toContain('--teacher linear/1=2 ');
  expect(manifest.lineage.command).not.toContain(root);
  expect(manifest.lineage.settings).toMatchObject({ loss: 'mse', unknownWords: 'characters' });
  expect(await readFile(path.join(folder, 'MODEL_CARD.md'), 'utf8')).toContain('expected calibration error');

  const again = await distill('--model-version', '2');
  expect(again).toMatchObject({ status: 0 });
  expect(again.stdout).toContain('by an earlier run');
  const second = await openBundle(inRoot('repository/student/2'));
  expect(second.golden).toEqual((await openBundle(folder)).golden);

  expect(await distill('--model-version', '3', '--mask', '0.2')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('labels_other_run'),
  });
}, 120_000);

test('a version that is there already is told before any work', async () => {
  const place = ['--name', 'linear', '--out', inRoot('in-vain')];
  expect(await distill(...place)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('bundle_exists'),
  });
  expect(existsSync(inRoot('in-vain'))).toBe(false);
}, 60_000);

test('columns that are named are named to every stage, and to evaluate', async () => {
  await mkdir(inRoot('named'));
  const renamed = (rows: number, seed: number) =>
    tinyReviews(rows, seed).replace('label\ttext_a', '推荐\t评论');
  await writeFile(inRoot('named/train.tsv'), renamed(60, 1));
  await writeFile(inRoot('named/dev.tsv'), `${renamed(20, 2)}2\t标签不对\n`);
  const columns = ['--text-column', '评论', '--label-column', '推荐'];
  const data = ['--data', inRoot('named'), ...columns];
  const distilled = await retort(
    ...['distill', '--teacher', inRoot('repository/linear/1'), ...data, '--out', inRoot('named-run')],
    ...['--repository', inRoot('repository'), '--name', 'named', ...settings, '--epochs', '1'],
  );
  expect(distilled).toMatchObject({ status: 0, stdout: expect.stringContaining('calibrated') });
  const evaluate = ['evaluate', inRoot('repository/named/1'), ...data];
  expect(await retort(...evaluate)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^dev: \d+ of 20, /),
    stderr: expect.stringContaining('dev: not counted, as they do not fit: 1, from line 22 on: its 推荐'),
  });
  expect(await retort(...evaluate, '--strict')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('data_row_malformed'),
  });
}, 60_000);

test('label says what it lacks for the provider that is asked for', async () => {
  const options = ['--teacher', inRoot('repository/linear/1'), '--texts', inRoot('set/train.tsv')];
  expect(
    await retort('label', ...options, '--provider', 'tensorrt', '--out', inRoot('never.arrow')),
  ).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('(provider_missing)'),
  });
});

test('label takes texts alone, and wants some', async () => {
  const options = ['label', '--teacher', inRoot('repository/linear/1'), '--out', inRoot('more.arrow')];
  expect(await retort(...options)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--data, --also or --texts'),
  });
  const { status, stdout } = await retort(...options, '--texts', inRoot('more.tsv'), '--json');
  expect(status).toBe(0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(events.at(-1)).toMatchObject({ kind: 'labelled', finished: true, known: 0 });
  const header = await readLabelHeader(inRoot('more.arrow'));
  expect(header.teachers).toMatchObject([{ name: 'linear', version: '1', weight: 1 }]);
  expect(await retort(...options, '--texts', inRoot('more.tsv'), '--teacher', 'a=0')).toMatchObject({
    status: 2,
  });
}, 60_000);

test('the seed recipe makes its copies, unless it is told how many', async () => {
  const options = [
    'distill',
    '--teacher',
    inRoot('repository/linear/1'),
    '--data',
    inRoot('set'),
    '--recipe',
    'seed',
  ];
  const small = ['--epochs', '1', '--embedding', '4', '--hidden', '4', '--inner', '4', '--threads', '1'];
  for (const [name, more] of [
    ['two', []],
    ['none', ['--copies', '0']],
  ] as const) {
    const out = ['--out', inRoot(name), '--repository', inRoot('repository'), '--name', name];
    expect(await retort(...options, ...small, ...out, ...more)).toMatchObject({ status: 0 });
    const header = await readLabelHeader(inRoot(`${name}/labels.arrow`));
    if (name === 'none') expect(header.augmentation).toBeNull();
    else expect(header.augmentation).toMatchObject({ copies: 2, mask: 0.1, ngram: 0.25, swap: 0, crop: 0 });
  }
}, 60_000);

test.each([
  { recipe: 'seed', sets: { optimizer: 'adadelta', learningRate: 1, schedule: 'constant', batchSize: 32 } },
  {
    recipe: 'best',
    sets: { averageDecay: 0.999, unknownWords: 'characters', labelShare: 0.4, batchSize: 64, finalEpochs: 3 },
  },
])(
  'the recipe $recipe sets what the command line leaves open',
  async ({ recipe, sets }) => {
    const out = inRoot(`by-${recipe}`);
    const train = ['train', 'student', '--data', inRoot('set'), '--out', out, '--threads', '1'];
    const small = [
      '--labels',
      inRoot('run/labels.arrow'),
      '--epochs',
      '1',
      '--hidden',
      '4',
      '--embedding',
      '4',
    ];
    expect(await retort(...train, ...small, '--recipe', recipe)).toMatchObject({ status: 0 });
    const run: unknown = JSON.parse(await readFile(path.join(out, 'run.json'), 'utf8'));
    expect(run).toMatchObject({
      settings: { ...sets, loss: 'mse', epochs: 1 },
      network: { config: { hidden: 4 } },
    });
  },
  60_000,
);
