/** A student from labelled texts, or from the logits that teachers gave texts: its vocabulary, then training. */
import { probabilities } from '../core/probabilities.js';
import { createHash } from 'node:crypto';
import { fail } from '../core/errors.js';
import { tensor } from '../core/tensor.js';
import { normalizeText } from '../core/text/normalize.js';
import { loadSegmenter, type SegmenterName, segmenterNames } from '../core/text/segmenter.js';
import { UNK_ID, Vocabulary } from '../core/text/vocabulary.js';
import { type UnknownWords, wordEncoder } from '../core/text/word-tokenizer.js';
import { notIn } from './data/deduplicate.js';
import type { TrainRows } from './data/evaluation-texts.js';
import { type LabelHeader, type LabelRow, openLabelFile, readLabelHeader } from './labels/label-file.js';
import { isSoftened } from './losses.js';
import {
  checkRunFolder,
  type Distillation,
  type Learner,
  readLabelled,
  runLabelled,
  type RunOptions,
} from './labelled-run.js';
import { optimizers } from './optimizers/optimizers.js';
import type { StageRows } from './stages.js';
import { randomStream } from './random.js';
import { wordVectors } from './vectors/word-vectors.js';
import type { TrainerResult } from './trainer.js';
import type { TrainerSettings } from './training-state.js';

export interface StudentSettings extends TrainerSettings {
  readonly segmenter: SegmenterName;
  readonly maxWords: number;
  /** Words that the texts hold fewer times are unknown. */
  readonly minCount: number;
  readonly unknownWords: UnknownWords;
  /** Share of words that a step replaces by `[UNK]`. */
  readonly wordDropout: number;
  /** Of the known label in a row's targets; the rest is the teachers'. */
  readonly labelShare: number;
  /** How often an epoch reads a teacher's rows of the train split, where it reads further texts once. */
  readonly trainPasses: number;
  /** Divides logits, the teacher's and the student's, where the loss compares probabilities: Hinton et al., 2015. */
  readonly temperature: number;
  readonly embedding: number;
  /** What the embedding starts from: the seed, or where the texts' words stand together. */
  readonly wordVectors: 'random' | 'ppmi';
  readonly hidden: number;
  readonly inner: number;
}

/** What a student is trained with where nothing else is said. */
export const studentDefaults: StudentSettings = {
  epochs: 8,
  batchSize: 64,
  microBatchSize: 64,
  optimizer: 'adam',
  learningRate: optimizers.adam.learningRate,
  schedule: 'linear',
  warmup: 0,
  loss: 'cross-entropy',
  dropout: 0.3,
  clipNorm: 5,
  evaluateEvery: 75,
  averageDecay: 0,
  seed: 1,
  intraOpThreads: 2,
  segmenter: segmenterNames[0],
  maxWords: 128,
  minCount: 2,
  unknownWords: 'unk',
  wordDropout: 0,
  labelShare: 0,
  trainPasses: 1,
  temperature: 1,
  embedding: 300,
  hidden: 300,
  inner: 300,
  wordVectors: 'random',
};

export interface StudentOptions extends RunOptions<StudentSettings> {
  /** Files that `retort label` wrote; with none, the student learns from the labels of train. */
  readonly labels: readonly string[];
}

const vocabularyFile = 'vocab.txt';

/**
 * @throws RetortError run_exists, run_without_checkpoint; of the data, the labels, the segmenter, or training;
 * labels_of_other_teachers, labels_of_other_segmenter, labels_of_evaluation_rows, data_empty
 */
export async function trainStudent(options: StudentOptions): Promise<TrainerResult> {
  await checkRunFolder(options);
  const { settings } = options;
  const { maxWords, minCount, unknownWords, wordDropout, embedding, hidden, inner } = settings;
  const data = await readLabelled(options);
  const headers = await headersOf(options.labels, settings.segmenter, options.trainRows);
  const segmenter = await loadSegmenter(settings.segmenter);
  const clean = notIn(data.heldOut);
  const mayLearn = (row: LabelRow) => (row.ofTrain && options.trainRows === 'all') || clean(row);
  const texts =
    headers.length > 0 ? await labelledTexts(options, mayLearn) : data.train.examples.map(({ text }) => text);
  const cut = (text: string) => segmenter.cut(normalizeText(text));
  const words = texts.map(cut);
  const vocabulary = Vocabulary.build(words, { minCount, characters: unknownWords === 'characters' });
  const encode = wordEncoder(vocabulary, { unknownWords, maxWords });
  const vocabularySize = vocabulary.words.length;
  const initial =
    settings.wordVectors === 'random'
      ? {}
      : { initial: initialOf(words.map(encode), vocabularySize, settings) };
  const tokenizerDescriptor = {
    kind: 'words',
    segmenter: segmenter.name,
    segmenterVersion: segmenter.version,
    vocabularyFile,
    maxWords,
    unknownWords,
  };
  const tokenDropout = { rate: wordDropout, id: UNK_ID };
  // Labels have no temperature.
  const temperature = headers.length > 0 ? settings.temperature : 1;
  return runLabelled({ ...options, settings: { ...settings, temperature, tokenDropout } }, data, {
    network: {
      kind: 'bilstm',
      config: { vocabularySize, embedding, hidden, inner, classes: 2 },
    },
    tokenizerDescriptor,
    tokenizerFiles: new Map([[vocabularyFile, new TextEncoder().encode(vocabulary.serialize())]]),
    ...initial,
    ...distillationOf(headers, () =>
      examplesOf(options.labels, mayLearn, settings, (row) => encode(row.words ?? cut(row.text))),
    ),
  });
}

function initialOf(
  texts: readonly (readonly number[])[],
  vocabularySize: number,
  { embedding: width, seed }: StudentSettings,
): NonNullable<Learner['initial']> {
  const sizes = { vocabularySize, width, first: UNK_ID + 1 };
  const table = wordVectors(texts, sizes, randomStream(seed, 'word-vectors', 0));
  return {
    name: 'word vectors of the training texts: PPMI, SVD',
    tensors: new Map([['embedding.weight', tensor('float32', table, [vocabularySize, width])]]),
    sha256: createHash('sha256').update(table).digest('hex'),
  };
}

async function headersOf(
  files: readonly string[],
  student: SegmenterName,
  trainRows: TrainRows,
): Promise<LabelHeader[]> {
  const headers: LabelHeader[] = [];
  for (const file of files) {
    const header = await readLabelHeader(file);
    const segmenter = header.augmentation?.segmenter ?? student;
    // A copy does not tell which text it was made of, so it cannot be left out.
    if (trainRows === 'unseen' && header.augmentation !== null && header.augmentation.trainRows !== 'unseen')
      throw fail('labels_of_evaluation_rows', { path: file });
    if (segmenter !== student) throw fail('labels_of_other_segmenter', { path: file, segmenter, student });
    const [first = header] = headers;
    if (teacherName(header) !== teacherName(first)) {
      throw fail('labels_of_other_teachers', {
        path: file,
        teacher: teacherName(header),
        others: teacherName(first),
      });
    }
    headers.push(header);
  }
  return headers;
}

function teacherName({ teachers }: LabelHeader): string {
  return teachers
    .map(
      ({ name, version, sha256, weight }) =>
        `${name} ${version} (manifest ${sha256.slice(0, 12)}), weight ${String(weight)}`,
    )
    .join(' + ');
}

function distillationOf(
  headers: readonly LabelHeader[],
  examples: Distillation['examples'],
): { distillation?: Distillation } {
  const [first] = headers;
  if (first === undefined) return {};
  const entries = new Map(headers.flatMap(({ data }) => data.map((entry) => [entry.sha256, entry])));
  return { distillation: { teacher: teacherName(first), data: [...entries.values()], examples } };
}

/** Those that are learnt from and no copies of others. @throws RetortError data_empty where nothing is learnt from */
async function labelledTexts(
  { labels, onEvent }: Pick<StudentOptions, 'labels' | 'onEvent'>,
  mayLearn: (row: LabelRow) => boolean,
): Promise<string[]> {
  const texts: string[] = [];
  let [kept, leftOut] = [0, 0];
  for await (const row of rowsOf(labels)) {
    if (!mayLearn(row)) leftOut += 1;
    else {
      kept += 1;
      if (row.words === null) texts.push(row.text);
    }
  }
  if (leftOut > 0) onEvent({ kind: 'left-out', rows: leftOut });
  if (kept === 0)
    throw fail('data_empty', { path: labels.join(', '), reason: 'all of its rows stand in dev or test' });
  return texts;
}

async function examplesOf(
  files: readonly string[],
  mayLearn: (row: LabelRow) => boolean,
  { loss, temperature, labelShare, trainPasses }: StudentSettings,
  encode: (row: LabelRow) => number[],
): Promise<StageRows> {
  const rows: (Pick<LabelRow, 'logits' | 'label' | 'ofTrain'> & { readonly ids: readonly number[] })[] = [];
  for await (const row of rowsOf(files)) {
    if (!mayLearn(row)) continue;
    const { logits, label, ofTrain } = row;
    rows.push({ ids: encode(row), logits, label, ofTrain });
  }
  const squares = rows.reduce((sum, { logits: [a, b] }) => sum + a * a + b * b, 0);
  /** As far from 0 as the teachers' logits are: what a label weighs as much as. */
  const margin = Math.sqrt(squares / Math.max(1, 2 * rows.length));
  const targetsOf = (logits: LabelRow['logits'], label: LabelRow['label']) => {
    const soft = loss === 'mse' ? logits : probabilities(logits, temperature);
    const [unlikely, likely] = loss === 'mse' ? [-margin, margin] : [0, 1];
    const share = label === null ? 0 : labelShare;
    const taught = soft.map((value) => (1 - share) * value);
    const known = soft.map((_, k) => share * (k === label ? likely : unlikely));
    return isSoftened({ loss, temperature })
      ? [...taught, ...known]
      : taught.map((value, k) => value + (known[k] ?? 0));
  };
  const examples = rows.map(
    ({ ids, logits, label, ofTrain }) =>
      ({
        ids,
        targets: targetsOf(logits, label),
        label: label ?? (logits[1] > logits[0] ? 1 : 0),
        ofTrain,
      }) as const,
  );
  const train = examples.flatMap((example) =>
    Array.from({ length: example.ofTrain ? trainPasses : 1 }, () => example),
  );
  const own = examples.filter(({ ofTrain }) => ofTrain);
  return { train, final: own.length === 0 ? examples : own };
}

async function* rowsOf(files: readonly string[]): AsyncGenerator<LabelRow> {
  for (const file of files) for await (const rows of (await openLabelFile(file)).batches) yield* rows;
}
