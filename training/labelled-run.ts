/** What training on labelled texts has in common, whatever network learns: data in, a run folder out. */
import { exists } from '../core/exists.js';
import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../core/errors.js';
import { exclusively } from '../core/exclusive.js';
import { makeFolder } from '../core/make-folder.js';
import { parseJson } from '../core/parse-json.js';
import { onDisk } from '../core/on-disk.js';
import { writeWhole } from '../core/write-whole.js';
import { loadTokenizer } from '../core/text/tokenizers.js';
import { networkOf } from '../models/networks.js';
import { type Run, runFiles, runSchema } from '../models/run-folder.js';
import type { EncodedExample } from './batching.js';
import type { StageRows } from './stages.js';
import type { Dataset, DatasetOptions, Example } from './data/dataset.js';
import { withoutTrainDuplicates } from './data/deduplicate.js';
import { evaluationTexts, type TrainRows } from './data/evaluation-texts.js';
import { bothSplits, type EvaluationSplit, type LabelledExample, openLabelled } from './data/labelled.js';
import type { Score } from './evaluation.js';
import { dataEntry, writeRunFile, writeValidation } from './run-writer.js';
import { runTraining, type TrainerEvent, type TrainerResult } from './trainer.js';
import type { InitialParameters, TrainerSettings } from './training-state.js';

export interface RunOptions<Settings extends TrainerSettings> {
  /** A folder or archive that `openDataset` reads, with the splits train and dev. */
  readonly data: string;
  /** Where the data names its columns otherwise than public data sets do. */
  readonly columns?: Pick<DatasetOptions, 'textColumn' | 'labelColumn'>;
  readonly trainRows: TrainRows;
  readonly folder: string;
  readonly settings: Settings;
  readonly strict: boolean;
  readonly resume: boolean;
  /** What was typed, for the lineage. */
  readonly command: string;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

export interface DataEvent {
  readonly kind: 'data';
  readonly split: string;
  readonly rows: number;
  readonly rejected: Dataset['rejected'];
}

export type RunEvent =
  | TrainerEvent
  | DataEvent
  /** Of what teachers labelled: rows that stand in dev or test. */
  | { readonly kind: 'left-out'; readonly rows: number }
  | { readonly kind: 'tokenizer'; readonly name: string; readonly vocabularySize: number };

export interface LabelledSplit {
  readonly split: 'train' | 'dev';
  readonly sha256: string;
  readonly examples: readonly LabelledExample[];
}

export interface LabelledData {
  readonly train: LabelledSplit;
  readonly dev: LabelledSplit;
  /** What accuracy is stated on: dev, and what of it does not also stand in the train split as it is given. */
  readonly evaluation: readonly [EvaluationSplit, EvaluationSplit];
  /** Of dev and test: further texts that are among them are not learnt from, and those of train as `trainRows` says. */
  readonly heldOut: readonly Example[];
}

/**
 * What must be so before anything is read or written: a run is in the folder if it is to be gone on with, and none that
 * has parameters to keep if not.
 * @throws RetortError run_exists, run_without_checkpoint
 */
export async function checkRunFolder({
  folder,
  resume,
}: Pick<RunOptions<TrainerSettings>, 'folder' | 'resume'>): Promise<void> {
  const last = path.join(folder, runFiles.last);
  const begun = await exists(last);
  if (!resume && (begun || (await isKept(folder)))) throw fail('run_exists', { path: folder });
  if (!begun && resume) throw fail('run_without_checkpoint', { path: last });
}

/** Without a checkpoint: a linear run, or one whose last checkpoint was deleted. */
async function isKept(folder: string): Promise<boolean> {
  const text = await readFile(path.join(folder, runFiles.run), 'utf8').catch(() => null);
  if (text === null) return false;
  const run = runSchema.safeParse(parseJson(text));
  return run.success ? run.data.scores.length > 0 : exists(path.join(folder, runFiles.best));
}

/** @throws RetortError of the data */
export async function readLabelled({
  data,
  columns,
  trainRows,
  strict,
  onEvent,
}: Pick<RunOptions<TrainerSettings>, 'data' | 'columns' | 'trainRows' | 'strict'> & {
  readonly onEvent: (event: DataEvent) => void;
}): Promise<LabelledData> {
  const read = async (split: 'train' | 'dev'): Promise<LabelledSplit> => {
    const { examples, rejected, sha256 } = await openLabelled(data, { ...columns, split, strict });
    onEvent({ kind: 'data', split, rows: examples.length, rejected });
    return { split, sha256, examples };
  };
  const [train, dev] = [await read('train'), await read('dev')];
  // One file without splits gives its rows for both.
  if (dev.sha256 === train.sha256)
    throw fail('data_split_missing', { path: data, split: 'dev', found: 'train alone' });
  const evaluation = bothSplits('dev', dev.examples, train.examples);
  const heldOut = await evaluationTexts(data, columns?.textColumn, train.sha256);
  if (trainRows === 'all') return { train, dev, evaluation, heldOut };
  const unseen = withoutTrainDuplicates(train.examples, heldOut);
  if (unseen.length === 0)
    throw fail('data_empty', { path: data, reason: 'all of train stands in dev or test' });
  return { train: { ...train, examples: unseen }, dev, evaluation, heldOut };
}

export interface Learner {
  readonly network: Run['network'];
  readonly tokenizerDescriptor: Run['tokenizer'];
  /** The tokenizer's files by name, as the descriptor names them. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  readonly initial?: InitialParameters & { readonly name: string };
  /** What is learnt from instead of the labels of train. */
  readonly distillation?: Distillation;
}

export interface Distillation {
  /** Named with version and weight. */
  readonly teacher: string;
  readonly data: Run['data'];
  readonly examples: () => Promise<StageRows>;
}

/**
 * Trains on train, keeps the best on dev, and leaves in the folder what export needs.
 * @throws RetortError in_use; file_unwritable; checkpoint_other_run, with the folder as it was, and what else training throws
 */
export async function runLabelled<Settings extends TrainerSettings>(
  options: RunOptions<Settings>,
  data: LabelledData,
  learner: Learner,
): Promise<TrainerResult> {
  const { folder } = options;
  await makeFolder(folder);
  return exclusively(path.join(folder, runFiles.lock), folder, () => runAlone(options, data, learner));
}

async function runAlone<Settings extends TrainerSettings>(
  options: RunOptions<Settings>,
  { train, dev, evaluation }: LabelledData,
  learner: Learner,
): Promise<TrainerResult> {
  const { folder, settings, onEvent } = options;
  const earlier = options.resume ? await earlierScores(folder) : [];
  const inFolder = (file: string) => path.join(folder, file);
  for (const [file, bytes] of learner.tokenizerFiles) {
    const earlierBytes = options.resume ? await readFile(inFolder(file)).catch(() => null) : null;
    if (earlierBytes === null) await writeRunFile(folder, file, bytes);
    else if (!earlierBytes.equals(bytes)) throw fail('checkpoint_other_run', { path: folder });
  }
  const tokenizer = await loadTokenizer(learner.tokenizerDescriptor, folder);
  const { kind } = learner.tokenizerDescriptor;
  onEvent({ kind: 'tokenizer', name: kind, vocabularySize: tokenizer.vocabularySize });
  const { distillation } = learner;
  const entry = (split: LabelledSplit) => dataEntry(`${path.basename(options.data)} ${split.split}`, split);
  const run = (scores: Run['scores']): Run => ({
    format: 1,
    network: learner.network,
    tokenizer: learner.tokenizerDescriptor,
    tokenizerFiles: [...learner.tokenizerFiles.keys()],
    command: options.command,
    seed: settings.seed,
    base:
      learner.initial === undefined ? null : { name: learner.initial.name, sha256: learner.initial.sha256 },
    teacher: distillation?.teacher ?? null,
    settings: Object.fromEntries(Object.entries(settings)),
    data: [...(distillation?.data ?? [entry(train)]), entry(dev)],
    scores,
  });
  const encode = ({ text, label }: LabelledExample): EncodedExample => ({
    ids: tokenizer.encode(text),
    targets: label === 1 ? [0, 1] : [1, 0],
    label,
  });
  const [whole, unseen] = evaluation;
  const labelled = () => {
    const rows = train.examples.map(encode);
    return { train: rows, final: rows };
  };
  const kept = new Set(unseen.examples);
  return runTraining({
    network: networkOf(learner.network.kind, learner.network.config),
    settings,
    data: {
      ...((await distillation?.examples()) ?? labelled()),
      dev: dev.examples.map(encode),
      unseen: new Set(dev.examples.flatMap((example, place) => (kept.has(example) ? [place] : []))),
    },
    ...(learner.initial === undefined ? {} : { initial: learner.initial }),
    folder,
    resume: options.resume,
    onStart: async (done) => {
      await cutLog(inFolder(runFiles.log), done);
      if (!options.resume) await rm(inFolder(runFiles.best), { force: true });
      await writeRunFile(folder, runFiles.run, run(earlier));
      await writeValidation(folder, dev.examples);
    },
    onEvent,
    onEvaluation: async (event) => {
      const score = ({ name }: EvaluationSplit, { rows, correct }: Score) => ({ data: name, rows, correct });
      const scores = [score(whole, event.all), score(unseen, event.kept)];
      if (event.best) await writeRunFile(folder, runFiles.run, run(scores));
      const log = inFolder(runFiles.log);
      await onDisk(log, () => appendFile(log, `${JSON.stringify(event)}\n`));
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** A run that was killed between an evaluation's line and its checkpoint evaluates there again. */
async function cutLog(file: string, done: number): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const kept = text.split('\n').filter((line) => {
    const event = loggedSchema.safeParse(parseJson(line));
    return event.success && event.data.step <= done;
  });
  const cut = kept.map((line) => `${line}\n`).join('');
  if (cut !== text) await writeWhole(file, cut);
}

const loggedSchema = z.looseObject({ step: z.int() });

/** Those of a run that is resumed stand until it finds better ones. */
async function earlierScores(folder: string): Promise<Run['scores']> {
  const text = await readFile(path.join(folder, runFiles.run), 'utf8').catch(() => '{}');
  const parsed = runSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data.scores : [];
}
