/** Shards in processes of their own, one of them killed, started again, and merged: as on a cluster. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { killAll, retort, start } from './retort.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-merge-'));
});
afterEach(async () => {
  killAll();
  await rm(folder, { recursive: true });
});

test('a shard that was killed goes on, and the merged file is that of one process', async () => {
  const model = await writeTinyBundle(folder);
  const input = path.join(folder, 'in.jsonl');
  const words = ['房间', '很干净', '服务', '太差了', '电脑', '书也很好'];
  const texts = Array.from({ length: 6000 }, (_, n) => `${words[n % 6]}${words[n % 5]}${n}`);
  await writeFile(input, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const score = (output: string, shard: string) => [
    'score',
    '--input',
    input,
    '--output',
    output,
    '--shard',
    shard,
    '--model',
    model,
    '--workers',
    '1',
    '--json',
  ];
  const output = (name: string) => path.join(folder, name);
  const shards = [output('labels.1.jsonl'), output('labels.2.jsonl')];
  const [first = '', second = ''] = shards;
  const merge = ['merge', ...shards, '--input', input, '--output', output('labels.jsonl')];

  const survivor = start(...score(first, '1/2'));
  const killed = start(...score(second, '2/2'));
  await killed.says('stdout', /progress/);
  killed.child.kill('SIGKILL');
  expect(await killed.ended).toMatchObject({ status: null });
  expect(await survivor.ended).toMatchObject({ status: 0 });
  expect(await retort(...merge)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('merge_shard_unfinished'),
  });

  const again = await retort(...score(second, '2/2'));
  const [, kept = ''] = /"kind":"scored","done":3000,"kept":(\d+)/.exec(again.stdout) ?? [];
  expect(Number(kept)).toBeGreaterThan(0);
  expect(await retort(...merge)).toMatchObject({ status: 0, stdout: expect.stringContaining('6000 rows') });

  expect(await retort(...score(output('one.jsonl'), '1/1'))).toMatchObject({ status: 0 });
  expect(await readFile(output('labels.jsonl'), 'utf8')).toBe(await readFile(output('one.jsonl'), 'utf8'));
}, 300_000);
