/** A linear teacher: logistic regression on the character n-grams of labelled texts. */
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { charactersOf, NONE_ID, ngramsOf, serializeNgrams } from '../../core/text/char-ngrams.js';
import { fail } from '../../core/errors.js';
import { float32 } from '../../core/tensor.js';
import { runFiles } from '../../models/run-folder.js';
import { writeBest } from '../checkpoint.js';
import type { DatasetOptions } from '../data/dataset.js';
import { withoutTrainDuplicates } from '../data/deduplicate.js';
import { bothSplits, type LabelledExample, openLabelled } from '../data/labelled.js';
import { type DataEvent, readLabelled, type RunEvent } from '../labelled-run.js';
import { dataEntry, writeRunFile, writeValidation } from '../run-writer.js';
import { logisticRegression, type SparseRows } from './logistic-regression.js';
import { buildNgramVocabulary } from './ngram-vocabulary.js';

export interface LinearSettings {
  /** Characters of the longest n-gram. */
  readonly longest: number;
  /** N-grams that fewer texts hold are left out. */
  readonly minDocuments: number;
  /** C of the regression: larger fits the labels more closely. */
  readonly inverseRegularization: number;
  readonly maxIterations: number;
  /** Of a text that are read. */
  readonly maxCharacters: number;
  /** How often a row of train counts where a row of `also` counts once. */
  readonly weight: number;
}

export interface LinearOptions {
  /** A folder or archive with the splits train and dev. */
  readonly data: string;
  readonly columns: Pick<DatasetOptions, 'textColumn' | 'labelColumn'>;
  /** Files of more labelled texts. */
  readonly also: readonly string[];
  readonly folder: string;
  readonly settings: LinearSettings;
  readonly strict: boolean;
  /** What was typed, for the lineage. */
  readonly command: string;
  readonly onEvent: (event: LinearEvent) => void;
}

export type LinearEvent =
  | DataEvent
  | Extract<RunEvent, { kind: 'tokenizer' }>
  | { readonly kind: 'also'; readonly file: string; readonly rows: number; readonly inDev: number }
  | { readonly kind: 'iteration'; readonly iteration: number; readonly value: number }
  | { readonly kind: 'scores'; readonly scores: readonly LinearScore[]; readonly iterations: number };

export interface LinearScore {
  readonly data: string;
  readonly rows: number;
  readonly correct: number;
}

const vocabularyFile = 'ngrams.txt';
/** Of the gradient's largest element, relative to C times the rows. */
const relativeTolerance = 1e-6;

/** @throws RetortError run_exists; of the data */
export async function trainLinear(options: LinearOptions): Promise<readonly LinearScore[]> {
  const { data, columns, folder, settings, strict, command, onEvent } = options;
  const { longest, minDocuments, inverseRegularization, maxIterations, maxCharacters, weight } = settings;
  if (await exists(path.join(folder, runFiles.run))) throw fail('run_exists', { path: folder });
  const { train, dev } = await readLabelled({ data, columns, strict, onEvent });
  const also = [];
  for (const file of options.also) {
    const { examples, sha256 } = await openLabelled(file, { ...columns, strict });
    const fresh = withoutTrainDuplicates(examples, dev.examples);
    onEvent({ kind: 'also', file, rows: fresh.length, inDev: examples.length - fresh.length });
    also.push({ file, sha256, examples: fresh });
  }
  const added = also.flatMap(({ examples }) => examples);
  const rows: readonly LabelledExample[] = [...train.examples, ...added];
  const counts = rows.map((_, index) => (index < train.examples.length && added.length > 0 ? weight : 1));
  const characters = rows.map(({ text }) => charactersOf(text, maxCharacters));
  const { ngrams, documents } = buildNgramVocabulary(characters, { longest, minDocuments });
  onEvent({ kind: 'tokenizer', name: 'char-ngrams', vocabularySize: ngrams.length + 1 });

  const columnsOf = new Map(ngrams.map((ngram, index) => [ngram, index]));
  // As scikit-learn smooths it: as if one text more held every n-gram.
  const idf = Float64Array.from(documents, (count) => Math.log((1 + rows.length) / (1 + count)) + 1);
  const { weights, intercept, minimum } = logisticRegression(
    sparseRows(characters, columnsOf, idf, longest),
    rows.map(({ label }) => label),
    counts,
    {
      columns: ngrams.length,
      inverseRegularization,
      tolerance: relativeTolerance * inverseRegularization * counts.reduce((a, b) => a + b, 0),
      maxIterations,
      onIteration: (iteration, value) => {
        onEvent({ kind: 'iteration', iteration, value });
      },
    },
  );

  const table = new Float32Array(2 * (ngrams.length + 1)); // the row of NONE_ID stays 0
  idf.forEach((frequency, index) => {
    const at = 2 * (index + NONE_ID + 1);
    table[at] = (weights[index] ?? 0) * frequency;
    table[at + 1] = frequency * frequency;
  });
  const right = new Set(
    dev.examples.filter(({ text, label }) => {
      const row = sparseRows([charactersOf(text, maxCharacters)], columnsOf, idf, longest);
      const score = row.columns.reduce(
        (sum, column, k) => sum + (weights[column] ?? 0) * (row.values[k] ?? 0),
        intercept,
      );
      return (score > 0 ? 1 : 0) === label;
    }),
  );
  const scores = bothSplits('dev', dev.examples, train.examples).map(({ name, examples }) => ({
    data: name,
    rows: examples.length,
    correct: examples.filter((example) => right.has(example)).length,
  }));
  await mkdir(folder, { recursive: true });
  await writeRunFile(folder, vocabularyFile, serializeNgrams(ngrams));
  await writeBest(
    folder,
    new Map([
      ['ngrams', float32(table, [ngrams.length + 1, 2])],
      ['bias', float32([intercept], [1])],
    ]),
  );
  await writeValidation(folder, dev.examples);
  await writeRunFile(folder, runFiles.run, {
    format: 1,
    network: { kind: 'linear', config: { vocabularySize: ngrams.length + 1 } },
    tokenizer: { kind: 'char-ngrams', vocabularyFile, longest, maxCharacters },
    tokenizerFiles: [vocabularyFile],
    command,
    seed: 0,
    base: null,
    settings: Object.fromEntries(Object.entries(settings)),
    data: [
      ...[train, dev].map((split) => dataEntry(`${path.basename(data)} ${split.split}`, split)),
      ...also.map((file) => dataEntry(path.basename(file.file), file)),
    ],
    scores,
  });
  onEvent({ kind: 'scores', scores, iterations: minimum.iterations });
  return scores;
}

/** Each text's n-grams by column, idf-weighted, of length 1. */
function sparseRows(
  texts: readonly (readonly string[])[],
  columnsOf: ReadonlyMap<string, number>,
  idf: Float64Array,
  longest: number,
): SparseRows {
  const rows = texts.map((characters) => {
    const found = new Set<number>();
    for (let size = 1; size <= longest; size += 1) {
      for (const ngram of ngramsOf(characters, size)) {
        const column = columnsOf.get(ngram);
        if (column !== undefined) found.add(column);
      }
    }
    return Int32Array.from(found);
  });
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => (starts[index + 1] = (starts[index] ?? 0) + row.length));
  const total = starts[rows.length] ?? 0;
  const columns = new Int32Array(total);
  const values = new Float32Array(total);
  rows.forEach((row, index) => {
    const from = starts[index] ?? 0;
    columns.set(row, from);
    const length = Math.sqrt(row.reduce((sum, column) => sum + (idf[column] ?? 0) ** 2, 0));
    row.forEach((column, k) => (values[from + k] = (idf[column] ?? 0) / length));
  });
  return { starts, columns, values };
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
