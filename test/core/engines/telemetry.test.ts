/** ONNX Runtime would report to its makers, and keep an identifier in the home folder: there must be no trace of it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const built = fileURLToPath(new URL('../../../', import.meta.url));
const library = new URL('../../../serving/library/index.js', import.meta.url).href;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'retort-home-'));
});
afterEach(() => rm(home, { recursive: true }));

/** What Node leaves in the home folder, without the variables of a test's run, for which the runtime would be silent. */
async function left(...words: string[]): Promise<string[]> {
  const env = { PATH: process.env.PATH, HOME: home };
  await promisify(execFile)(process.execPath, words, { cwd: built, env });
  return readdir(home, { recursive: true });
}

const open = `
  const { createPredictor } = await import(${JSON.stringify(library)});
  const predictor = await createPredictor({ model: ${JSON.stringify(path.join(built, '../models/repository/student/1'))} });
  await predictor.close();
`;

test('the library leaves none', async () => {
  expect(await left('--input-type=module', '-e', open)).toEqual([]);
});

test('a command leaves none', async () => {
  expect(await left('cli.js', 'predict', '好')).toEqual([]);
});

test('a worker thread leaves none where the main thread knows the library', async () => {
  const program = `
    import { Worker } from 'node:worker_threads';
    import ${JSON.stringify(library)};
    const source = ${JSON.stringify(open)};
    new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)));
  `;
  expect(await left('--input-type=module', '-e', program)).toEqual([]);
});
