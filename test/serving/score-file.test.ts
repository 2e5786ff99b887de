/** Files that are scored in one go, after a stop, and in shards. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { scoreFile, type ScoreFileOptions, type Shard } from '../../serving/bulk/score-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-score-'));
});
afterEach(() => rm(folder, { recursive: true }));

const texts = Array.from({ length: 57 }, (_, index) => `text ${index}`);

function score(overrides: Partial<ScoreFileOptions> & { shard?: Shard } = {}) {
  const asked: string[] = [];
  const predict = (some: readonly string[]) => {
    asked.push(...some);
    return Promise.resolve(some.map(({ length }) => ({ logits: [length], words: 1 })));
  };
  const options: ScoreFileOptions = {
    texts: (async function* () {
      for (const text of texts) yield await Promise.resolve(text);
    })(),
    output: path.join(folder, 'out.jsonl'),
    identity: { input: 'a' },
    shard: { index: 1, count: 1 },
    chunk: 10,
    chunksAhead: 2,
    predict,
    lineOf: ({ index, text }) => JSON.stringify([index, text]),
    ...overrides,
  };
  return { asked, result: scoreFile(options) };
}

const whole = texts.map((text, index) => `${JSON.stringify([index, text])}\n`).join('');
const written = (name = 'out.jsonl') => readFile(path.join(folder, name), 'utf8');

test('every text, in order, and nothing beside the output', async () => {
  const { result } = score();
  expect(await result).toEqual({ done: 57, kept: 0, finished: true });
  expect(await written()).toBe(whole);
  expect(await readdir(folder)).toEqual(['out.jsonl']);
});

test('a run that was stopped goes on behind its last whole line, and ends in the same bytes', async () => {
  const stop = new AbortController();
  const first = score({
    signal: stop.signal,
    onProgress: ({ done }) => {
      if (done >= 20) stop.abort();
    },
  });
  const { done, finished } = await first.result;
  expect(finished).toBe(false);
  await writeFile(path.join(folder, 'out.jsonl.part'), '[99,"ha', { flag: 'a' });
  const second = score();
  expect(await second.result).toEqual({ done: 57, kept: done, finished: true });
  expect(second.asked).toEqual(texts.slice(done));
  expect(await written()).toBe(whole);
});

test('a failed run leaves what it wrote, and a run of something else does not go on with it', async () => {
  let calls = 0;
  const failing = score({
    predict: (some) =>
      (calls += 1) > 3
        ? Promise.reject(new Error('broken'))
        : Promise.resolve(some.map(() => ({ logits: [], words: 1 }))),
  });
  await expect(failing.result).rejects.toThrow('broken');
  await expect(score({ identity: { input: 'b' } }).result).rejects.toMatchObject({ code: 'score_other_run' });
  await score().result;
  expect(await written()).toBe(whole);
});

test('shards together are the whole', async () => {
  const lines: string[] = [];
  for (const index of [1, 2, 3]) {
    const output = path.join(folder, `${index}.jsonl`);
    await score({ output, shard: { index, count: 3 } }).result;
    lines.push(...(await written(`${index}.jsonl`)).trim().split('\n'));
  }
  const places = lines.map((line) => (JSON.parse(line) as [number])[0]);
  expect(places.sort((a, b) => a - b)).toEqual([...texts.keys()]);
});

test('never more chunks are with the model than are allowed', async () => {
  let [open, most] = [0, 0];
  const { result } = score({
    predict: async (some) => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return some.map(() => ({ logits: [], words: 1 }));
    },
  });
  await result;
  expect(most).toBeLessThanOrEqual(2);
});
