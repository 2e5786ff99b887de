/** `retort train student`: which files, columns and rows a student learns from. */
import { spawn } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { Vocabulary } from '../../core/text/vocabulary.js';
import { readRun, runSchema } from '../../models/run-folder.js';
import { retort } from '../cli/retort.js';

const cli = fileURLToPath(new URL('../../cli.js', import.meta.url));
const tiny = '--embedding 4 --hidden 4 --inner 4 --epochs 1 --batch-size 2 --min-count 1 --threads 1'.split(
  ' ',
);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-student-'));
});
afterAll(() => rm(root, { recursive: true }));

async function folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const written = path.join(root, name);
  await mkdir(written);
  for (const [file, content] of Object.entries(files)) await writeFile(path.join(written, file), content);
  return written;
}

const lineSchema = z.looseObject({ kind: z.string().optional(), error: z.looseObject({}).optional() });

/** Its exit code and what it printed, a JSON object a line; an error, which goes to stderr, comes last. */
async function train(data: string, out: string, ...options: string[]) {
  const child = spawn(process.execPath, [
    cli,
    ...['train', 'student', '--json', '--data', data, '--out', path.join(root, out)],
    ...tiny,
    ...options,
  ]);
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const printed = await Promise.all([text(child.stdout), text(child.stderr)]);
  const lines = printed.join('').split('\n').filter(Boolean);
  return { code: await exit, events: lines.map((line) => lineSchema.parse(JSON.parse(line))) };
}

test('learns from the columns that are named', async () => {
  const data = await folder('columns', {
    'train.csv': '评论,备注,推荐\n房间干净,,1\n隔音差,"吵,闹",0\n服务好,,2\n',
    'dev.csv': '评论,推荐\n早餐好,1\n',
  });
  const columns = ['--text-column', '评论', '--label-column', '推荐'];
  const { code, events } = await train(data, 'run', ...columns);
  expect(code).toBe(0);
  expect(events.filter(({ kind }) => kind === 'data')).toEqual([
    {
      kind: 'data',
      split: 'train',
      rows: 2,
      rejected: [{ line: 4, reason: expect.stringContaining('推荐') }],
    },
    { kind: 'data', split: 'dev', rows: 1, rejected: [] },
  ]);
  const read = (file: string) => readFile(path.join(root, 'run', file), 'utf8');
  const { words } = Vocabulary.parse(await read('vocab.txt'), 'vocab.txt');
  expect(words).toEqual(expect.arrayContaining(['房间', '干净', '隔音']));
  expect(words).not.toContain('服务');
  const run = runSchema.parse(JSON.parse(await read('run.json')));
  expect(run.command).toContain(columns.join(' '));
  expect(run.settings).not.toHaveProperty('textColumn');
  expect(run.data.map(({ rows }) => rows)).toEqual([2, 1]);

  expect(await train(data, 'none')).toMatchObject({
    code: 1,
    events: [{ error: { code: 'data_column_missing', hint: expect.stringContaining('--text-column') } }],
  });
  expect(await train(data, 'none', ...columns, '--strict')).toMatchObject({
    code: 1,
    events: [{ error: { code: 'data_row_malformed' } }],
  });
}, 60_000);

test('wants two splits, both with labels', async () => {
  const rows = 'label\ttext_a\n1\t好\n';
  const whole = await folder('whole', { 'reviews.tsv': rows });
  const unlabelled = await folder('unlabelled', { 'train.tsv': rows, 'dev.tsv': 'text_a\n好\n' });
  for (const [data, error] of [
    [path.join(whole, 'reviews.tsv'), 'data_split_missing'],
    [whole, 'data_split_missing'],
    [unlabelled, 'data_without_labels'],
    [path.join(root, 'nowhere'), 'data_file_missing'],
  ] as const) {
    const { code, events } = await train(data, 'none');
    expect(code).toBe(1);
    expect(events.at(-1)).toMatchObject({ error: { code: error } });
  }
}, 60_000);

describe('a folder that holds a run', () => {
  let data: string;
  let kept: ReadonlyMap<string, string>;
  const filesIn = async (name: string) => {
    const names = await readdir(path.join(root, name)).catch(() => []);
    const contents = names.map(
      async (file) => [file, await readFile(path.join(root, name, file), 'base64')] as const,
    );
    return new Map(await Promise.all(contents));
  };
  beforeAll(async () => {
    data = await folder('kept-data', {
      'train.tsv': 'label\ttext_a\n1\t房间干净\n0\t隔音差\n1\t服务好\n0\t早餐不好\n',
      'dev.tsv': 'label\ttext_a\n1\t早餐好\n',
    });
    expect(await train(data, 'kept', '--seed', '1')).toMatchObject({ code: 0 });
    kept = await filesIn('kept');
  });

  test('is not overwritten, by a student or a teacher; the error says what to do', async () => {
    const { code, events } = await train(data, 'kept', '--seed', '2');
    expect(code).toBe(1);
    expect(events).toMatchObject([
      {
        error: {
          code: 'run_exists',
          message: expect.stringContaining('kept'),
          hint: expect.stringContaining('--resume'),
        },
      },
    ]);
    const teacher = await retort(
      ...['train', 'teacher', '--json', '--data', data, '--out', path.join(root, 'kept')],
      ...['--checkpoint', path.join(root, 'nowhere')],
    );
    expect(teacher).toMatchObject({ status: 1, stderr: expect.stringContaining('run_exists') });
    expect(await filesIn('kept')).toEqual(kept);
  });

  test('is left as it is when --resume asks for other settings or comes with other data', async () => {
    const other = await folder('other-data', {
      'train.tsv': 'label\ttext_a\n1\t屏幕清楚\n0\t键盘坏了\n',
      'dev.tsv': 'label\ttext_a\n1\t屏幕好\n',
    });
    for (const [from, ...options] of [[data, '--seed', '2'], [data, '--hidden', '5'], [other]] as const) {
      const { code, events } = await train(from, 'kept', '--resume', ...options);
      expect(code).toBe(1);
      expect(events.at(-1)).toMatchObject({ error: { code: 'checkpoint_other_run' } });
      expect(await filesIn('kept')).toEqual(kept);
    }
  });

  test('goes on with --resume to the end that it is at', async () => {
    expect(await train(data, 'kept', '--seed', '1', '--resume')).toMatchObject({ code: 0 });
    expect(await filesIn('kept')).toEqual(kept);
  });

  test('an evaluation whose checkpoint was not written any more stands once in the log', async () => {
    await cp(path.join(root, 'kept'), path.join(root, 'ahead'), { recursive: true });
    await appendFile(path.join(root, 'ahead', 'log.jsonl'), '{"kind":"evaluation","step":1000}\n{"kind":"ev');
    expect(await train(data, 'ahead', '--seed', '1', '--resume')).toMatchObject({ code: 0 });
    expect((await filesIn('ahead')).get('log.jsonl')).toBe(kept.get('log.jsonl'));
  });

  test('a log that cannot be written stops it', async () => {
    await mkdir(path.join(root, 'unlogged', 'log.jsonl'), { recursive: true });
    const { code, events } = await train(data, 'unlogged');
    expect(code).toBe(1);
    expect(events.at(-1)).toMatchObject({ error: { code: 'file_unwritable' } });
    expect(await readdir(path.join(root, 'unlogged'))).not.toContain('last.safetensors');
  });

  test('--resume where there is no run makes none', async () => {
    const { events } = await train(data, 'absent', '--resume');
    expect(events).toMatchObject([{ error: { code: 'run_without_checkpoint' } }]);
    expect(await filesIn('absent')).toEqual(new Map());
  });

  test('a run that ended before its first checkpoint has nothing to keep', async () => {
    await folder('early', { 'run.json': '{}', 'vocab.txt': '[PAD]\n' });
    expect(await train(data, 'early')).toMatchObject({ code: 0 });
    const run = runSchema.parse(JSON.parse(await readFile(path.join(root, 'kept', 'run.json'), 'utf8')));
    const begun = JSON.stringify({ ...run, scores: [] });
    await folder('begun', { 'run.json': begun, 'best.safetensors': 'of steps that no checkpoint holds' });
    expect(await train(data, 'begun', '--epochs', '2', '--evaluate-every', '1')).toMatchObject({ code: 0 });
    expect((await readRun(path.join(root, 'begun'))).run.scores).toHaveLength(2);
  });

  test('a run without a checkpoint, as a linear one is, is not overwritten', async () => {
    const run = await readFile(path.join(root, 'kept', 'run.json'), 'utf8');
    for (const [name, file] of [
      ['linear', run],
      ['later', JSON.stringify({ ...runSchema.parse(JSON.parse(run)), format: 2 })],
    ] as const) {
      await folder(name, { 'run.json': file, 'best.safetensors': 'parameters' });
      const before = await filesIn(name);
      expect(await train(data, name)).toMatchObject({ code: 1, events: [{ error: { code: 'run_exists' } }] });
      expect(await filesIn(name)).toEqual(before);
    }
  });
});
