/** An ONNX file from elsewhere, with its tokenizer, becomes a bundle: a teacher that was trained by others. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FOREIGN_NETWORK, type Manifest } from '../core/bundle/manifest.js';
import { GOLDEN_FILE } from '../core/bundle/read.js';
import { placeOfBundle, writeBundle } from '../core/bundle/write.js';
import { openSession } from '../core/engines/session.js';
import { fail } from '../core/errors.js';
import { encodeModel, readModel } from '../core/graph/onnx.js';
import { describeModel } from '../core/graph/onnx-file.js';
import { paddedBatch } from '../core/padded-batch.js';
import { reasonOf } from '../core/reason-of.js';
import { toNumbers } from '../core/tensor.js';
import { openTokenizerFolder } from '../core/text/tokenizer-folder.js';
import {
  measureOn,
  type Case,
  feedsOf,
  goldenOf,
  type LabelledSplit,
  largestDifference,
  sessionLogits,
} from './measure.js';
import { modelCard } from './model-card.js';
import { adaptInputs } from './passes/adapt-inputs.js';

export interface ImportOptions {
  readonly model: string;
  /** A tokenizer.json, vocab.txt or SentencePiece model, or the folder of one. */
  readonly tokenizer: string;
  readonly maxTokens: number;
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  /** On which it is checked that a text's logits do not depend on what else is in its batch. */
  readonly texts: readonly string[];
  readonly splits: readonly LabelledSplit[];
  readonly notes: string | null;
  /** What was typed, for the lineage. */
  readonly command: string;
  readonly replace: boolean;
  readonly now: Date;
}

export interface ImportReport {
  readonly folder: string;
  readonly bytes: number;
  readonly nodes: number;
  /** Largest |difference| of a logit between a text alone and in a padded batch. */
  readonly difference: number;
  readonly accuracy: Manifest['accuracy'];
}

const modelFile = 'model.onnx';
/** Between a text alone and in a batch, and between optimisation levels; kernels sum in other orders. */
const tolerance = 1e-3;

/** @throws RetortError import_refused; of the model, the tokenizer, the session and the bundle */
export async function importOnnx(options: ImportOptions): Promise<ImportReport> {
  const refuse = (reason: string) => fail('import_refused', { path: options.model, reason });
  await placeOfBundle(options.repository, options, { replace: options.replace });
  const model = await readModel(options.model);
  const graph = adaptInputs(model);
  if (typeof graph === 'string') throw refuse(graph);
  const bytes = encodeModel({ ...model, graph });
  const { tokenizer, descriptor, files } = await openTokenizerFolder(options.tokenizer, options.maxTokens);
  const cases = options.texts.map((text) => ({ text, ids: tokenizer.encode(text) }));
  const { alone, difference } = await compared(bytes, cases).catch((error: unknown) => {
    const reason = reasonOf(error);
    throw refuse(`it does not run on the ids of this tokenizer: ${reason}`);
  });
  if (!(difference <= tolerance))
    throw refuse(
      `the logits of a text change by ${difference.toExponential(1)} in a padded batch or by optimisation`,
    );
  await expectAllRows(
    bytes,
    cases,
    { longest: options.maxTokens, lastId: tokenizer.vocabularySize - 1 },
    refuse,
  );
  const accuracy: Manifest['accuracy'] = [];
  for (const split of options.splits)
    accuracy.push((await measureOn(bytes, 'fp32', split, tokenizer)).accuracy);
  const sha256 = await digestOf(options.model);
  const manifest: Omit<Manifest, 'files'> = {
    format: 1,
    name: options.name,
    version: options.version,
    task: 'text-classification',
    labels: ['negative', 'positive'],
    network: { kind: FOREIGN_NETWORK, config: {} },
    tokenizer: descriptor,
    inputs: [
      { name: 'input_ids', dtype: 'int64', shape: ['batch_size', 'sequence_length'] },
      { name: 'sequence_lengths', dtype: 'int32', shape: ['batch_size'] },
    ],
    outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch_size', 2] }],
    variants: [
      { precision: 'fp32', file: modelFile, opset: model.opsets.get('') ?? 0, irVersion: model.irVersion },
    ],
    accuracy,
    calibration: null,
    lineage: {
      createdAt: options.now.toISOString(),
      producer: model.producer === '' ? 'unknown' : model.producer,
      command: options.command,
      seed: null,
      base: { name: path.basename(options.model), sha256 },
      teacher: null,
      data: [],
      settings: { maxTokens: options.maxTokens },
    },
  };
  const text = (content: string) => new TextEncoder().encode(content);
  const tokenizerFiles = files.map(async (name): Promise<[string, Uint8Array]> => [
    path.basename(name),
    await readFile(name),
  ]);
  const folder = await writeBundle(
    options.repository,
    manifest,
    new Map([
      [modelFile, bytes],
      ...(await Promise.all(tokenizerFiles)),
      [GOLDEN_FILE, text(`${JSON.stringify(goldenOf(cases, alone, tolerance), null, 2)}\n`)],
      ['MODEL_CARD.md', text(modelCard(manifest, options.notes))],
    ]),
    { replace: options.replace },
  );
  return { folder, bytes: bytes.length, nodes: graph.nodes.length, difference, accuracy };
}

/** What a tokenizer may give beside the texts that were tried: the longest row, and its last id. */
async function expectAllRows(
  bytes: Uint8Array,
  cases: readonly Case[],
  { longest, lastId }: { readonly longest: number; readonly lastId: number },
  refuse: (reason: string) => Error,
): Promise<void> {
  const usual = cases.flatMap(({ ids }) => ids);
  const row = Array.from({ length: longest }, (_, place) => usual[place % usual.length] ?? 0);
  const session = await openSession(bytes);
  const runs = (ids: readonly number[], what: string) =>
    session.run(feedsOf(ids)).catch((error: unknown) => {
      throw refuse(`it does not run on ${what}: ${reasonOf(error)}`);
    });
  try {
    await runs(row, `a text of ${String(longest)} tokens, which --max-tokens allows`);
    await runs([lastId], `the id ${String(lastId)}, which this tokenizer has`);
  } finally {
    await session.close();
  }
}

/** Of the file, and of its external data behind it. */
async function digestOf(model: string): Promise<string> {
  const hash = createHash('sha256');
  for (const { path: file } of (await describeModel(model)).files)
    await pipeline(createReadStream(file), hash, { end: false });
  return hash.digest('hex');
}

/** Logits of each case, and how far those in a batch, or of the optimised graph, are from them. */
async function compared(
  bytes: Uint8Array,
  cases: readonly Case[],
): Promise<{ readonly alone: number[][]; readonly difference: number }> {
  const alone = await sessionLogits(bytes, 'disabled', cases);
  const difference = Math.max(
    largestDifference(await sessionLogits(bytes, 'all', cases), alone),
    largestDifference(await batchedLogits(bytes, cases), alone),
  );
  return { alone, difference };
}

/** All cases in one batch, padded with 0. */
async function batchedLogits(bytes: Uint8Array, cases: readonly Case[]): Promise<number[][]> {
  const session = await openSession(bytes);
  const { logits } = await session.run(paddedBatch(cases.map(({ ids }) => ids)));
  await session.close();
  const flat = logits === undefined ? [] : toNumbers(logits);
  const classes = flat.length / cases.length;
  return cases.map((_, row) => flat.slice(row * classes, (row + 1) * classes));
}
