/** The pages about own data, own teachers and graphs, walked from top to bottom as a user would, on small files. */
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { killAll, startIn } from '../cli/retort.js';
import { tinyReviews } from '../fixtures/tiny-reviews.js';
import { zip } from '../fixtures/zip.js';
import { shownCommandLines } from './command-lines.js';

const fixtures = path.resolve('test/fixtures');
let folder: string;
const inFolder = (name: string) => path.join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-walk-'));
  const splits = { train: tinyReviews(200, 1), dev: tinyReviews(40, 2) };
  await writeFile(
    inFolder('ChnSentiCorp.zip'),
    zip(new Map(Object.entries(splits).map(([split, rows]) => [`ChnSentiCorp/${split}.tsv`, rows]))),
  );
  const reviews = tinyReviews(3100, 3)
    .split('\n')
    .slice(1, -1)
    .map((row, index) => {
      const [label, text] = row.split('\t');
      return JSON.stringify({ label: Number(label), text: `${String(index)}号${text ?? ''}` });
    });
  await writeFile(inFolder('reviews.jsonl.gz'), gzipSync(reviews.join('\n')));
  await writeFile(inFolder('reviews.jsonl'), reviews.slice(0, 20).join('\n'));
  await copyFile(`${fixtures}/onnx/bert_eager_relu_ts17.onnx`, inFolder('model.onnx'));
  await copyFile(`${fixtures}/onnx/bert_eager_relu_ts17.onnx`, inFolder('sentiment.onnx'));
  const entries = (await readFile(`${fixtures}/tokenizers/bert/vocab.txt`, 'utf8')).split('\n');
  // As many entries as the graph and the checkpoint have embeddings.
  const [small, large] = [60, 300].map((size) => [...entries.slice(0, size - 1), '[UNK]']);
  const tokenizer = JSON.parse(await readFile(`${fixtures}/tokenizers/bert-json/tokenizer.json`, 'utf8')) as {
    added_tokens: { id: number; content: string }[];
    model: { vocab: Record<string, number> };
  };
  tokenizer.model.vocab = Object.fromEntries(small!.map((entry, id) => [entry, id]));
  for (const token of tokenizer.added_tokens) token.id = small!.indexOf(token.content);
  await writeFile(inFolder('tokenizer.json'), JSON.stringify(tokenizer));
  for (const name of ['ernie-3.0-base-zh', 'fine-tuned-checkpoint']) {
    await cp(`${fixtures}/checkpoints/ernie-task-ids-safetensors`, inFolder(name), { recursive: true });
    await writeFile(inFolder(`${name}/vocab.txt`), large!.join('\n'));
  }
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(killAll);

const smallStudent = '--epochs 1 --embedding 8 --hidden 8 --inner 8 --threads 1'.split(' ');
/** Options that make a command short: the last of a kind is the one that holds. */
const shorter: ReadonlyMap<string, readonly string[]> = new Map([
  ['train student', smallStudent],
  ['distill', smallStudent],
  ['train teacher', ['--epochs', '1', '--threads', '1']],
  ['data hold-out', ['--rows', '3000']],
  ['prune heads', ['--importance-texts', '16']],
]);
/** What is not run: it needs a network, or does not end by itself. */
const left = ['data chnsenticorp', 'serve'];

test.each([
  'docs/own-data.md',
  'docs/own-teacher.md',
  'docs/export.md',
  'docs/optimize.md',
  'docs/inspect.md',
  'docs/quantize.md',
])(
  '%s',
  async (page) => {
    const lines = await shownCommandLines([page]);
    expect(lines.length).toBeGreaterThan(1);
    for (const [, words] of lines) {
      const named = (names: Iterable<string>) => [...names].find((name) => words.join(' ').startsWith(name));
      if (named(left) !== undefined) continue;
      const options = shorter.get(named(shorter.keys()) ?? '') ?? [];
      const { status, stderr } = await startIn(folder, ...words, ...options).ended;
      expect({ words, status, stderr: status === 0 ? '' : stderr }).toEqual({ words, status: 0, stderr: '' });
    }
  },
  300_000,
);
