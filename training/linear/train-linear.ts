/** A linear teacher: logistic regression on the character n-grams of labelled texts. */
import { exists } from '../../core/exists.js';
import { makeFolder } from '../../core/make-folder.js';
import path from 'node:path';
import { charactersOf, NONE_ID, ngramsOf, serializeNgrams } from '../../core/text/char-ngrams.js';
import { fail } from '../../core/errors.js';
import { float32 } from '../../core/tensor.js';
import { runFiles } from '../../models/run-folder.js';
import { writeBest } from '../checkpoint.js';
import type { DatasetOptions } from '../data/dataset.js';
import { withoutTrainDuplicates } from '../data/deduplicate.js';
import { type LabelledExample, openLabelled } from '../data/labelled.js';
import type { TrainRows } from '../data/evaluation-texts.js';
import { type DataEvent, readLabelled, type RunEvent } from '../labelled-run.js';
import { dataEntry, writeRunFile, writeValidation } from '../run-writer.js';
import { fitLogisticRegression } from './logistic-regression.js';
import { buildNgramVocabulary } from './ngram-vocabulary.js';
import { SparseMatrix } from './sparse-matrix.js';

export interface LinearSettings {
  /** Characters of the longest n-gram. */
  readonly longest: number;
  /** N-grams that fewer texts hold are left out. */
  readonly minDocuments: number;
  /** C of the regression: larger fits the labels more closely. */
  readonly inverseRegularization: number;
  /** Of a text that are read. */
  readonly maxCharacters: number;
  /** How often a row of train counts where a row of `also` counts once. */
  readonly weight: number;
}

export interface LinearOptions {
  /** A folder or archive with the splits train and dev. */
  readonly data: string;
  readonly columns: Pick<DatasetOptions, 'textColumn' | 'labelColumn'>;
  readonly trainRows: TrainRows;
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
  | { readonly kind: 'also'; readonly file: string; readonly rows: number; readonly evaluation: number }
  | { readonly kind: 'iteration'; readonly iteration: number; readonly objective: number }
  | { readonly kind: 'scores'; readonly scores: readonly LinearScore[] };

export interface LinearScore {
  readonly data: string;
  readonly rows: number;
  readonly correct: number;
}

const vocabularyFile = 'ngrams.txt';

/** @throws RetortError run_exists, file_unwritable; of the data */
export async function trainLinear(options: LinearOptions): Promise<readonly LinearScore[]> {
  const { data, columns, trainRows, folder, settings, strict, command, onEvent } = options;
  const { longest, minDocuments, inverseRegularization, maxCharacters, weight } = settings;
  if (await exists(path.join(folder, runFiles.run))) throw fail('run_exists', { path: folder });
  await makeFolder(folder);
  const { train, dev, evaluation, heldOut } = await readLabelled({
    data,
    columns,
    trainRows,
    strict,
    onEvent,
  });
  const also = [];
  for (const file of options.also) {
    const { examples, sha256 } = await openLabelled(file, { ...columns, strict });
    const fresh = withoutTrainDuplicates(examples, heldOut);
    onEvent({ kind: 'also', file, rows: fresh.length, evaluation: examples.length - fresh.length });
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
  const matrixOf = (texts: readonly (readonly string[])[]) =>
    tfIdf(
      texts.map((text) => columnsIn(text, columnsOf, longest)),
      idf,
    );
  const { weight: weights, bias: intercept } = fitLogisticRegression(
    {
      features: matrixOf(characters),
      signs: Float64Array.from(rows, ({ label }) => (label === 1 ? 1 : -1)),
      weights: Float64Array.from(counts),
      l2: 1 / inverseRegularization,
    },
    ({ iteration, objective }) => {
      onEvent({ kind: 'iteration', iteration, objective });
    },
  );

  const table = new Float32Array(2 * (ngrams.length + 1)); // the row of NONE_ID stays 0
  idf.forEach((frequency, index) => {
    const at = 2 * (index + NONE_ID + 1);
    table[at] = (weights[index] ?? 0) * frequency;
    table[at + 1] = frequency * frequency;
  });
  const products = matrixOf(dev.examples.map(({ text }) => charactersOf(text, maxCharacters))).times(weights);
  const right = new Set(
    dev.examples.filter(({ label }, row) => ((products[row] ?? 0) + intercept > 0 ? 1 : 0) === label),
  );
  const scores = evaluation.map(({ name, examples }) => ({
    data: name,
    rows: examples.length,
    correct: examples.filter((example) => right.has(example)).length,
  }));
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
    teacher: null,
    settings: Object.fromEntries(Object.entries(settings)),
    data: [
      ...[train, dev].map((split) => dataEntry(`${path.basename(data)} ${split.split}`, split)),
      ...also.map((file) => dataEntry(path.basename(file.file), file)),
    ],
    scores,
  });
  onEvent({ kind: 'scores', scores });
  return scores;
}

/** The columns of a text's known n-grams, each once. */
function columnsIn(
  characters: readonly string[],
  columnsOf: ReadonlyMap<string, number>,
  longest: number,
): Int32Array {
  const found = new Set<number>();
  for (let size = 1; size <= longest; size += 1) {
    for (const ngram of ngramsOf(characters, size)) {
      const column = columnsOf.get(ngram);
      if (column !== undefined) found.add(column);
    }
  }
  return Int32Array.from(found);
}

/** Each row's columns by inverse document frequency, brought to length 1. */
function tfIdf(rows: readonly Int32Array[], idf: Float64Array): SparseMatrix {
  return new SparseMatrix(rows, idf.length, (places) => {
    const values = Float64Array.from(places, (column) => idf[column] ?? 0);
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    return values.map((value) => value / length);
  });
}
