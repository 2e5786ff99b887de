/** Results that outlive the folders of their runs: merged by run, refused where they are something else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Result } from '../../../training/report/results.js';
import { mergeResults, readResults } from '../../../training/report/results-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-results-'));
});
afterAll(() => rm(folder, { recursive: true }));

const result = (experiment: string, seed: number, correct = 1): Result => ({
  format: 1,
  experiment,
  seed,
  scores: [{ data: 'dev', rows: 2, correct }],
  agreement: null,
  parameters: 1,
  bytes: 1,
  wordsPerSecond: 1,
  seconds: 1,
  machine: 'a processor',
  fingerprint: '',
});

test('the newer of two results of a run is kept, in an order of its own', () => {
  const merged = mergeResults(
    [result('best', 10), result('best', 2)],
    [result('alone', 3), result('best', 2, 2)],
  );
  expect(merged).toEqual([result('alone', 3), result('best', 2, 2), result('best', 10)]);
});

test('a file that is not there holds none; what is no such file is refused by name', async () => {
  const file = path.join(folder, 'results.json');
  expect(await readResults(file)).toEqual([]);
  await writeFile(file, JSON.stringify([result('best', 1)]));
  expect(await readResults(file)).toEqual([result('best', 1)]);
  for (const content of ['[{}]', '{', '{"format": 1}']) {
    await writeFile(file, content);
    await expect(readResults(file)).rejects.toMatchObject({ code: 'report_results_malformed' });
  }
});
