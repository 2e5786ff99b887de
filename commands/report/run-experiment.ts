/** One run of the accuracy report: train, export, measure; what is done is not repeated. */
import { argmax } from '../../core/probabilities.js';
import { exists } from '../../core/exists.js';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ProviderName } from '../../core/engines/providers.js';
import { openBundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import { describeMachine, standingLine } from '../../core/machine.js';
import { writeWhole } from '../../core/write-whole.js';
import { exportRun } from '../../export/run-to-bundle.js';
import { networkOf } from '../../models/networks.js';
import { readRun, runFiles } from '../../models/run-folder.js';
import { Predictor } from '../../serving/predictor.js';
import { type DatasetOptions, openSplit } from '../../training/data/dataset.js';
import type { EvaluationSplit, LabelledExample } from '../../training/data/labelled.js';
import { readLabelHeader } from '../../training/labels/label-file.js';
import type { Experiment } from '../../training/report/experiments.js';
import { type Result, resultSchema } from '../../training/report/results.js';
import { studentDefaults, trainStudent } from '../../training/train-student.js';
import { score, type Scoring } from '../scoring.js';
import { printer } from '../train/progress.js';

export interface ExperimentRun {
  readonly experiment: Experiment;
  readonly seed: number;
  readonly data: string;
  readonly columns: Pick<DatasetOptions, 'textColumn' | 'labelColumn'>;
  readonly labels: readonly string[];
  readonly folder: string;
  readonly repository: string;
  readonly threads: number;
  /** That computes the gradients. */
  readonly provider: ProviderName;
  /** Of each set the split itself first. */
  readonly sets: readonly (readonly EvaluationSplit[])[];
  readonly teacherLogits: ReadonlyMap<LabelledExample, readonly number[]>;
  /** What makes this run alone, for the lineage. */
  readonly command: string;
  readonly signal: AbortSignal;
}

/** In a run's folder, once it is done. */
export const resultFile = 'result.json';

/**
 * null where it was stopped.
 * @throws RetortError checkpoint_other_run when the folder holds another run's result; of training and export
 */
export async function runExperiment(run: ExperimentRun): Promise<Result | null> {
  const { experiment, seed, data, columns, labels, folder, repository, threads, provider, sets, signal } =
    run;
  const settings = { ...studentDefaults, ...experiment.settings, seed, intraOpThreads: threads };
  const learnt = { ...settings, trainRows: experiment.trainRows, ...columns };
  const fingerprint = await fingerprintOf(learnt, labels, await digestsOf(data, columns));
  const file = path.join(folder, resultFile);
  const earlier = await readFile(file, 'utf8').catch(() => null);
  if (earlier !== null) {
    const result = resultSchema.safeParse(JSON.parse(earlier));
    if (!result.success || result.data.fingerprint !== fingerprint)
      throw fail('checkpoint_other_run', { path: folder });
    return scoredOn(sets, result.data, run);
  }
  const clock = path.join(folder, 'seconds.json');
  const before = Number(await readFile(clock, 'utf8').catch(() => '0'));
  const started = performance.now();
  const trained = await trainStudent({
    data,
    columns,
    trainRows: experiment.trainRows,
    folder,
    settings: { ...settings, provider },
    labels,
    strict: false,
    resume: await exists(path.join(folder, runFiles.last)),
    command: run.command,
    onEvent: printer(),
    signal,
  });
  const seconds = before + (performance.now() - started) / 1000;
  await writeWhole(clock, String(seconds));
  if (!trained.finished) return null;

  const { folder: bundleFolder } = await exportRun({
    run: folder,
    repository,
    name: experiment.name,
    version: String(seed),
    precisions: ['fp32'],
    splits: [],
    notes: null,
    replace: true,
    now: new Date(),
  });
  const scorings = await measure(bundleFolder, sets);
  const bundle = await openBundle(bundleFolder);
  const [dev] = scorings;
  const { run: finished } = await readRun(folder);
  const { parameters } = networkOf(finished.network.kind, finished.network.config);
  const result: Result = {
    format: 1,
    experiment: experiment.name,
    seed,
    scores: scorings.flatMap(({ scores }) => scores),
    agreement: dev === undefined ? null : agreementOf(dev.logits, run.teacherLogits),
    parameters: parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    bytes: await bytesOf(bundle.manifest.files.map((one) => bundle.path(one.path))),
    wordsPerSecond: dev?.wordsPerSecond ?? 0,
    seconds,
    machine: machineOf(provider),
    fingerprint,
  };
  await writeWhole(file, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** That trained. */
function machineOf(provider: ProviderName): string {
  const machine = standingLine(describeMachine());
  return provider === 'cpu' ? machine : `${machine}, gradients on ${provider}`;
}

async function measure(
  bundleFolder: string,
  sets: readonly (readonly EvaluationSplit[])[],
): Promise<Scoring[]> {
  const predictor = await Predictor.open(await openBundle(bundleFolder), 1);
  const scorings = [];
  for (const splits of sets) scorings.push(await score(predictor, splits));
  await predictor.close();
  return scorings;
}

/** A run may have been done before a set was asked for: its bundle, where it is kept, is measured on that set too. */
async function scoredOn(
  sets: ExperimentRun['sets'],
  result: Result,
  { experiment, seed, folder, repository }: ExperimentRun,
): Promise<Result> {
  const has = ({ name, examples }: EvaluationSplit) =>
    result.scores.some(({ data, rows }) => data === name && rows === examples.length);
  const lacking = sets.filter((splits) => !splits.every(has));
  const bundleFolder = path.join(repository, experiment.name, String(seed));
  if (lacking.length === 0 || !(await exists(bundleFolder))) return result;
  const found = (await measure(bundleFolder, lacking)).flatMap(({ scores }) => scores);
  const kept = result.scores.filter(({ data }) => !found.some((one) => one.data === data));
  const whole = { ...result, scores: [...kept, ...found] };
  await writeWhole(path.join(folder, resultFile), `${JSON.stringify(whole, null, 2)}\n`);
  return whole;
}

/** Of the splits that there are: what is learnt from, what chooses the best parameters, what is left out. */
async function digestsOf(data: string, { textColumn }: ExperimentRun['columns']): Promise<(string | null)[]> {
  const splits = await Promise.all(
    (['train', 'dev', 'test'] as const).map((split) =>
      openSplit(data, { textColumn, labelColumn: null, split }),
    ),
  );
  return splits.map((split) => split?.sha256 ?? null);
}

async function fingerprintOf(
  settings: object,
  labels: readonly string[],
  data: readonly (string | null)[],
): Promise<string> {
  const { intraOpThreads: _, ...rest } = { intraOpThreads: 0, ...settings };
  const headers = await Promise.all(labels.map(readLabelHeader));
  return createHash('sha256')
    .update(JSON.stringify([Object.entries(rest).sort(), headers, data]))
    .digest('hex');
}

function agreementOf(
  ours: ReadonlyMap<LabelledExample, readonly number[]>,
  teachers: ReadonlyMap<LabelledExample, readonly number[]>,
): NonNullable<Result['agreement']> {
  const same = [...ours].filter(
    ([example, logits]) => argmax(logits) === argmax(teachers.get(example) ?? []),
  );
  return { data: 'dev', rows: ours.size, correct: same.length };
}

async function bytesOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map((file) => stat(file)));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
