/** One run of the accuracy report: train, export, measure; what is done is not repeated. */
import { argmax } from '../../core/probabilities.js';
import { exists } from '../../core/exists.js';
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openBundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import { describeMachine, standingLine } from '../../core/machine.js';
import { exportRun } from '../../export/run-to-bundle.js';
import { networkOf } from '../../models/networks.js';
import { readRun, runFiles } from '../../models/run-folder.js';
import { Predictor } from '../../serving/predictor.js';
import type { EvaluationSplit, LabelledExample } from '../../training/data/labelled.js';
import { readLabelHeader } from '../../training/labels/label-file.js';
import type { Experiment } from '../../training/report/experiments.js';
import { type Result, resultSchema } from '../../training/report/results.js';
import { studentDefaults, trainStudent } from '../../training/train-student.js';
import { score } from '../scoring.js';
import { printer } from '../train/progress.js';

export interface ExperimentRun {
  readonly experiment: Experiment;
  readonly seed: number;
  readonly data: string;
  readonly labels: readonly string[];
  readonly folder: string;
  readonly repository: string;
  readonly threads: number;
  /** Of each set the split itself first. */
  readonly sets: readonly (readonly EvaluationSplit[])[];
  readonly teacherLogits: ReadonlyMap<LabelledExample, readonly number[]>;
  readonly signal: AbortSignal;
}

/** In a run's folder, once it is done. */
export const resultFile = 'result.json';

/**
 * null where it was stopped.
 * @throws RetortError checkpoint_other_run when the folder holds another run's result; of training and export
 */
export async function runExperiment(run: ExperimentRun): Promise<Result | null> {
  const { experiment, seed, data, labels, folder, repository, threads, sets, signal } = run;
  const settings = { ...studentDefaults, ...experiment.settings, seed, intraOpThreads: threads };
  const fingerprint = await fingerprintOf({ ...settings, trainRows: experiment.trainRows }, labels);
  const file = path.join(folder, resultFile);
  const earlier = await readFile(file, 'utf8').catch(() => null);
  if (earlier !== null) {
    const result = resultSchema.safeParse(JSON.parse(earlier));
    if (!result.success || result.data.fingerprint !== fingerprint)
      throw fail('checkpoint_other_run', { path: folder });
    return result.data;
  }
  const clock = path.join(folder, 'seconds.json');
  const before = Number(await readFile(clock, 'utf8').catch(() => '0'));
  const started = performance.now();
  const trained = await trainStudent({
    data,
    trainRows: experiment.trainRows,
    folder,
    settings,
    labels,
    strict: false,
    resume: await exists(path.join(folder, runFiles.last)),
    command: `retort report accuracy --only ${experiment.name}`,
    onEvent: printer(),
    signal,
  });
  const seconds = before + (performance.now() - started) / 1000;
  await writeFile(clock, String(seconds));
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
  const bundle = await openBundle(bundleFolder);
  const predictor = await Predictor.open(bundle, 1);
  const scorings = [];
  for (const splits of sets) scorings.push(await score(predictor, splits));
  await predictor.close();
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
    machine: standingLine(describeMachine()),
    fingerprint,
  };
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

async function fingerprintOf(settings: object, labels: readonly string[]): Promise<string> {
  const { intraOpThreads: _, ...rest } = { intraOpThreads: 0, ...settings };
  const headers = await Promise.all(labels.map(readLabelHeader));
  return createHash('sha256')
    .update(JSON.stringify([Object.entries(rest).sort(), headers]))
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
