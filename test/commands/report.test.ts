/** One run of the accuracy report: what is done is not done again, and another run's result is not taken for it. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { runExperiment, type ExperimentRun } from '../../commands/report/run-experiment.js';
import { evaluationSplits } from '../../training/data/labelled.js';
import { tinyReviews } from '../fixtures/tiny-reviews.js';
import { retort } from '../cli/retort.js';

let root: string;
const inRoot = (name: string) => path.join(root, name);
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-report-'));
  await mkdir(inRoot('set'));
  await writeFile(inRoot('set/train.tsv'), tinyReviews(200, 1));
  await writeFile(inRoot('set/dev.tsv'), tinyReviews(40, 2));
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await rm(root, { recursive: true });
});

async function experiment(overrides: Partial<ExperimentRun> = {}) {
  const { splits } = await evaluationSplits(inRoot('set'), { split: 'dev' });
  const [dev] = splits;
  return runExperiment({
    experiment: {
      name: 'tiny',
      title: 'a tiny student',
      kind: 'main',
      trainRows: 'all',
      labels: null,
      settings: {
        epochs: 4,
        batchSize: 16,
        learningRate: 0.02,
        embedding: 8,
        hidden: 8,
        inner: 8,
        minCount: 1,
      },
    },
    seed: 1,
    data: inRoot('set'),
    columns: {},
    labels: [],
    folder: inRoot('tiny-1'),
    repository: inRoot('repository'),
    threads: 1,
    provider: 'cpu',
    sets: [splits, [{ name: 'again', examples: dev!.examples }]],
    teacherLogits: new Map(dev!.examples.map((example) => [example, example.label === 1 ? [0, 1] : [1, 0]])),
    command: 'retort report accuracy',
    signal: new AbortController().signal,
    ...overrides,
  });
}

test('trains, exports and measures once', async () => {
  const stopped = new AbortController();
  stopped.abort();
  expect(await experiment({ signal: stopped.signal })).toBeNull();
  const result = await experiment();
  expect(result).toMatchObject({
    experiment: 'tiny',
    seed: 1,
    scores: [
      { data: 'dev', rows: 40, correct: 40 },
      { data: expect.stringContaining('train'), rows: expect.any(Number) },
      { data: 'again', rows: 40, correct: 40 },
    ],
    agreement: { data: 'dev', rows: 40, correct: 40 },
  });
  expect(result!.bytes).toBeGreaterThan(4 * result!.parameters);
  const best = await readFile(inRoot('tiny-1/best.safetensors'));
  expect(await experiment({ threads: 2 })).toEqual(result);
  expect((await readFile(inRoot('tiny-1/best.safetensors'))).equals(best)).toBe(true);
  await expect(experiment({ seed: 2 })).rejects.toMatchObject({ code: 'checkpoint_other_run' });

  const { splits } = await evaluationSplits(inRoot('set'), { split: 'dev' });
  const further = [splits, [{ name: 'further', examples: splits[0]!.examples.slice(0, 10) }]];
  const completed = await experiment({ sets: further });
  expect(completed!.scores).toEqual([...result!.scores, { data: 'further', rows: 10, correct: 10 }]);
  expect(await experiment()).toEqual(completed);

  await cp(inRoot('set'), inRoot('other'), { recursive: true });
  await writeFile(inRoot('other/dev.tsv'), tinyReviews(40, 3));
  await expect(experiment({ data: inRoot('other') })).rejects.toMatchObject({ code: 'checkpoint_other_run' });
}, 60_000);

test('an experiment that is not there is a mistake of the command line', async () => {
  const command = ['report', 'accuracy', '--data', inRoot('set'), '--out', inRoot('out'), '--only', 'none'];
  expect(await retort(...command)).toMatchObject({ status: 2, stderr: expect.stringContaining('none') });
}, 30_000);
