/** The training loop: it learns, it is deterministic, and a stopped or killed run goes on to the same parameters. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { networkOf } from '../../models/networks.js';
import type { EncodedExample } from '../../training/batching.js';
import { readCheckpoint } from '../../training/checkpoint.js';
import { randomStream } from '../../training/random.js';
import { runTraining, type TrainerEvent, type TrainerOptions } from '../../training/trainer.js';
import type { TrainerSettings } from '../../training/training-state.js';

const network = networkOf('bilstm', { vocabularySize: 20, embedding: 6, hidden: 5, inner: 5, classes: 2 });

/** Texts of random words; the label says whether word 2 or word 3 is in them. */
function examples(count: number, seed: number): EncodedExample[] {
  const random = randomStream(seed, 'shuffle', 0);
  return Array.from({ length: count }, () => {
    const label = random.below(2) as 0 | 1;
    const ids = Array.from({ length: 1 + random.below(7) }, () => 4 + random.below(16));
    ids[random.below(ids.length)] = 2 + label;
    return { ids, targets: label === 1 ? [0, 1] : [1, 0], label };
  });
}

const settings: TrainerSettings = {
  epochs: 6,
  batchSize: 16,
  microBatchSize: 16,
  optimizer: 'adam',
  learningRate: 0.02,
  schedule: 'linear',
  warmup: 0,
  loss: 'cross-entropy',
  dropout: 0.1,
  clipNorm: 5,
  evaluateEvery: 5,
  seed: 3,
  intraOpThreads: 1,
};
const rows = examples(240, 1);
const data = { train: rows, final: rows.slice(0, 80), dev: examples(60, 2), unseen: new Set([0, 1, 2]) };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-trainer-'));
});
afterAll(() => rm(root, { recursive: true }));

async function train(name: string, overrides: Partial<TrainerOptions> = {}) {
  const folder = path.join(root, name);
  await mkdir(folder, { recursive: true });
  const events: TrainerEvent[] = [];
  const result = await runTraining({
    network,
    settings,
    data,
    folder,
    resume: false,
    onEvent: (event) => events.push(event),
    ...overrides,
  });
  const read = (file: string) => readFile(path.join(folder, file));
  return { result, events, read, folder };
}

test('learns what decides the label, and keeps the best parameters', async () => {
  const { result, events } = await train('learns');
  expect(result.finished).toBe(true);
  expect(result.best!.correct / result.best!.rows).toBeGreaterThan(0.95);
  const evaluations = events.filter((event) => event.kind === 'evaluation');
  expect(Math.max(...evaluations.map(({ all }) => all.correct))).toBe(result.best!.correct);
  expect(evaluations[0]!.kept.rows).toBe(3);
});

test.each([
  { form: 'plain', extra: {}, stop: 37 },
  { form: 'averaged', extra: { averageDecay: 0.9, tokenDropout: { rate: 0.2, id: 1 } }, stop: 37 },
  { form: 'adversarial', extra: { adversarial: 0.05, microBatchSize: 6 }, stop: 37 },
  { form: 'before its final epochs', extra: { epochs: 2, finalEpochs: 3, averageDecay: 0.9 }, stop: 30 },
  { form: 'in its final epochs', extra: { epochs: 2, finalEpochs: 3, averageDecay: 0.9 }, stop: 37 },
])('the same seed gives the same bytes, also stopped and resumed: $form', async ({ form, extra, stop }) => {
  const given = { settings: { ...settings, ...extra } };
  const whole = await train(`whole-${form}`, given);
  const abort = new AbortController();
  await train(`stopped-${form}`, {
    ...given,
    signal: abort.signal,
    onEvent: (event) => {
      if (event.kind === 'step' && event.step === stop) abort.abort();
    },
  });
  const resumed = await train(`stopped-${form}`, { ...given, resume: true });
  expect(resumed.result.finished).toBe(true);
  expect(resumed.result.best).toEqual(whole.result.best);
  for (const file of ['last.safetensors', 'best.safetensors']) {
    expect((await resumed.read(file)).equals(await whole.read(file))).toBe(true);
  }
  const evaluations = ({ events }: typeof whole) => events.filter(({ kind }) => kind === 'evaluation');
  expect(evaluations(resumed)).toEqual(evaluations(whole).filter(({ step }) => step > stop));
});

test('final epochs go on from the average, over their own rows, and learn these by heart', async () => {
  const noisy = { ...settings, epochs: 2, averageDecay: 0.9, dropout: 0.6, evaluateEvery: 1000 };
  const before = await readCheckpoint((await train('without-final', { settings: noisy })).folder);
  const still = { ...noisy, finalEpochs: 1, finalLearningRate: 0 };
  const after = await readCheckpoint((await train('still-final', { settings: still })).folder);
  const name = 'dense.weight';
  expect(after.parameters.get(name)!.data).toEqual(before.slots.get(`average/${name}`));

  const { events } = await train('final', {
    settings: { ...noisy, finalEpochs: 12, finalLearningRate: 0.02 },
  });
  const losses = events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
  // 240 rows twice, 15 steps each; then 80 rows, 5 steps each.
  expect(losses).toHaveLength(30 + 60);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(losses.slice(-5))).toBeLessThan(0.2 * mean(losses.slice(15, 30)));
  const evaluations = events.flatMap((event) => (event.kind === 'evaluation' ? [event] : []));
  expect(evaluations.map(({ step, epoch }) => [step, epoch])).toEqual([
    [30, 2],
    [90, 14],
  ]);
});

test('a run whose scores cannot be kept stops at the checkpoint before, and goes on from there', async () => {
  const short = { settings: { ...settings, epochs: 1 } };
  const whole = await train('scored', short);
  const order: string[] = [];
  const failing = train('unscored', {
    ...short,
    onEvaluation: async ({ step }) => {
      await Promise.resolve();
      if (step === 10) throw new Error('no space');
      order.push(`scores of ${String(step)}`);
    },
  });
  await expect(failing).rejects.toThrow('no space');
  expect(order).toEqual(['scores of 5']);
  expect((await readCheckpoint(path.join(root, 'unscored'))).progress.step).toBe(5);
  const resumed = await train('unscored', { ...short, resume: true });
  for (const file of ['last.safetensors', 'best.safetensors'])
    expect((await resumed.read(file)).equals(await whole.read(file))).toBe(true);
});

test('an average of the parameters is kept, and is not the last ones', async () => {
  const short = { ...settings, epochs: 1, evaluateEvery: 15 };
  const plain = await train('last-ones', { settings: short });
  const averaged = await train('average', { settings: { ...short, averageDecay: 0.9 } });
  // Descent is the same; what is evaluated and kept is not.
  const [last, kept] = [await readCheckpoint(plain.folder), await readCheckpoint(averaged.folder)];
  const weight = (checkpoint: typeof last) => checkpoint.parameters.get('dense.weight')!.data;
  expect(weight(kept)).toEqual(weight(last));
  expect(kept.slots.get('average/dense.weight')).not.toEqual(weight(last));
  expect((await averaged.read('best.safetensors')).equals(await plain.read('best.safetensors'))).toBe(false);
});

test.each(['adadelta', 'adamw'] as const)(
  'a step in parts of 8 rows gives the parameters of a step of 32: %s',
  async (optimizer) => {
    const few = { ...data, train: data.train.slice(0, 32) };
    const one = { ...settings, optimizer, epochs: 1, batchSize: 32, dropout: 0, learningRate: 0.01 };
    const parametersAfter = async (microBatchSize: number) => {
      const folder = `parts-${optimizer}-${String(microBatchSize)}`;
      await train(folder, { data: few, settings: { ...one, microBatchSize } });
      return (await readCheckpoint(path.join(root, folder))).parameters;
    };
    const whole = await parametersAfter(32);
    for (const size of [8, 5]) {
      for (const [name, { data: found }] of await parametersAfter(size)) {
        const expected = whole.get(name)!.data as Float32Array;
        // Adam divides by the gradient's size, so rounding in a gradient near zero shows as a part of the rate.
        const moved = (found as Float32Array).map((value, i) => Math.abs(value - expected[i]!));
        expect(Math.max(...moved)).toBeLessThan(0.01 * one.learningRate);
      }
    }
  },
);

test('a checkpoint of another run is refused', async () => {
  await train('other', { settings: { ...settings, epochs: 1 } });
  await expect(train('other', { settings: { ...settings, epochs: 2 }, resume: true })).rejects.toMatchObject({
    code: 'checkpoint_other_run',
  });
});

test('a missing and a truncated checkpoint are named', async () => {
  await expect(train('none', { resume: true })).rejects.toMatchObject({ code: 'run_without_checkpoint' });
  const { folder, read } = await train('cut', { settings: { ...settings, epochs: 1 } });
  const bytes = await read('last.safetensors');
  await writeFile(path.join(folder, 'last.safetensors'), bytes.subarray(0, bytes.length - 100));
  await expect(train('cut', { settings: { ...settings, epochs: 1 }, resume: true })).rejects.toMatchObject({
    code: 'checkpoint_malformed',
  });
});

test('a diverging run says so', async () => {
  const broken = { ...settings, learningRate: 1e38, clipNorm: 1e9 };
  await expect(train('diverges', { settings: broken })).rejects.toMatchObject({ code: 'training_diverged' });
});

test('a run killed at any moment resumes to the uninterrupted end', async () => {
  const rows = (count: number, seed: number) =>
    examples(count, seed).map(
      ({ ids, label }) =>
        `${String(label)}\t${ids.map((id) => '好坏书房酒店电脑服务早餐屏幕键盘价格位置'[id] ?? '的').join('，')}`,
    );
  const file = (split: string) => path.join(root, 'killed-data', `${split}.tsv`);
  await mkdir(path.dirname(file('train')));
  await writeFile(file('train'), ['label\ttext_a', ...rows(200, 5)].join('\n'));
  await writeFile(file('dev'), ['label\ttext_a', ...rows(40, 6)].join('\n'));
  const cli = new URL('../../cli.js', import.meta.url).pathname;
  const run = (out: string, extra: string[], killAfterEvaluations: number | null) =>
    new Promise<number | null>((resolve) => {
      const small = [
        '--embedding',
        '8',
        '--hidden',
        '8',
        '--inner',
        '8',
        '--epochs',
        '10',
        '--batch-size',
        '16',
        '--evaluate-every',
        '4',
        '--min-count',
        '1',
      ];
      const child = spawn(process.execPath, [
        cli,
        'train',
        'student',
        '--data',
        path.dirname(file('train')),
        '--out',
        path.join(root, out),
        '--threads',
        '1',
        '--json',
        ...small,
        ...extra,
      ]);
      let seen = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString().split('"evaluation"').length - 1;
        if (killAfterEvaluations !== null && seen >= killAfterEvaluations) child.kill('SIGKILL');
      });
      child.on('exit', resolve);
    });
  expect(await run('untouched', [], null)).toBe(0);
  await run('killed', [], 3);
  await run('killed', ['--resume'], 7);
  expect(await run('killed', ['--resume'], null)).toBe(0);
  for (const name of ['last.safetensors', 'best.safetensors', 'vocab.txt']) {
    const bytes = (out: string) => readFile(path.join(root, out, name));
    expect((await bytes('killed')).equals(await bytes('untouched'))).toBe(true);
  }
}, 60_000);
