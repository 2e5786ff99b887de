/** Shards put together: all rows in order, or a refusal that says which are not there. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeShards } from '../../serving/bulk/merge-shards.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-merge-'));
});
afterEach(() => rm(folder, { recursive: true }));

const textsOf = (count: number) => Array.from({ length: count }, (_, index) => `text ${index}`);
const rowOf = (index: number, text = `text ${index}`) => JSON.stringify({ index, text, label: 'x' });

/** Writes n shards of so many texts; gives their paths. */
async function shardsOf(count: number, n: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: n }, async (_, own) => {
      const file = path.join(folder, `labels.${own + 1}.jsonl`);
      const rows = [...textsOf(count).keys()].filter((index) => index % n === own);
      await writeFile(file, rows.map((index) => `${rowOf(index)}\n`).join(''));
      return file;
    }),
  );
}

async function merged(shards: readonly string[], count: number) {
  const output = path.join(folder, 'labels.jsonl');
  const stream = (async function* () {
    for (const text of textsOf(count)) yield await Promise.resolve(text);
  })();
  const rows = await mergeShards({ texts: stream, shards, output });
  return { rows, content: await readFile(output, 'utf8') };
}

const whole = (count: number) => [...textsOf(count).keys()].map((index) => `${rowOf(index)}\n`).join('');

test('any number of shards in any order gives every row once, in the order of the input', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 5 }),
      async (count, n, turn) => {
        const shards = await shardsOf(count, n);
        const turned = [...shards.slice(turn % n), ...shards.slice(0, turn % n)];
        expect(await merged(turned, count)).toEqual({ rows: count, content: whole(count) });
      },
    ),
    { numRuns: 15 },
  );
});

(existsSync('/dev/full') ? test : test.skip)('a full disk is told, and no output is left', async () => {
  await symlink('/dev/full', path.join(folder, 'labels.jsonl.part'));
  await expect(merged(await shardsOf(3, 1), 3)).rejects.toMatchObject({
    code: 'file_unwritable',
    message: expect.stringContaining('ENOSPC'),
  });
  expect(existsSync(path.join(folder, 'labels.jsonl'))).toBe(false);
});

test('merging again gives the same bytes', async () => {
  const shards = await shardsOf(3000, 2);
  const first = await merged(shards, 3000);
  expect(await merged(shards, 3000)).toEqual(first);
});

test('what is missing, unfinished or of something else is refused by name, and no output is left', async () => {
  const shards = await shardsOf(10, 3);
  const [one = '', two = '', three = ''] = shards;
  const refused = (files: readonly string[], count: number, code: string, message = '') =>
    expect(merged(files, count)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  await refused([one, two], 10, 'merge_incomplete', 'row 2 should come');
  await refused([one, three], 10, 'merge_incomplete', 'row 1 should come');
  await refused([one, one, two, three], 10, 'merge_incomplete');
  await refused(shards, 11, 'merge_incomplete', 'row 10 should come, and it ends');
  await refused(shards, 9, 'merge_incomplete', 'it goes on with row 9');
  await refused([...shards.slice(1), `${one}x`], 10, 'merge_shard_missing');

  await writeFile(two, `${rowOf(1)}\n${rowOf(4, 'another text')}\n${rowOf(7)}\n`);
  await refused(shards, 10, 'merge_incomplete', 'another text');
  await writeFile(two, `${rowOf(1)}\n{"index": 4\n`);
  await refused(shards, 10, 'merge_row_malformed');
  await writeFile(`${two}.part`, '');
  await refused(shards, 10, 'merge_shard_unfinished');
  await expect(readFile(path.join(folder, 'labels.jsonl'))).rejects.toThrow();
});
