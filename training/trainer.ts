/**
 * The training loop. Everything random comes from the seed and the step's number, so a run that is resumed from a
 * checkpoint ends in the parameters that the uninterrupted run ends in, bit for bit.
 */
import { createHash } from 'node:crypto';
import type { BoundNetwork } from '../models/networks.js';
import { fail } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { ParameterAverage } from './average.js';
import { type EncodedExample, epochBatches } from './batching.js';
import { noneRecent, type Progress, readCheckpoint, writeBest, writeCheckpoint } from './checkpoint.js';
import { Evaluator, type EvaluationResult } from './evaluation.js';
import { Optimizer } from './optimizers/optimizer.js';
import { type OptimizerName, optimizers } from './optimizers/optimizers.js';
import { ParameterStore } from './parameters.js';
import { type Random, randomStream } from './random.js';
import { learningRateAt } from './schedule.js';
import { type Stage, type StageRows, type StageSettings, stagesOf } from './stages.js';
import { TrainingStep } from './step.js';

export interface TrainerSettings extends StageSettings {
  readonly optimizer: OptimizerName;
  /** Steps between evaluations on dev, each followed by a checkpoint; the last of a stage is followed by one too. */
  readonly evaluateEvery: number;
  /** Above 0, a moving average of the parameters with this decay is what is evaluated and kept. */
  readonly averageDecay?: number;
}

export interface TrainingData extends StageRows {
  readonly dev: readonly EncodedExample[];
  /** Places in dev of the rows that do not also stand in train. */
  readonly unseen: ReadonlySet<number>;
}

export type TrainerEvent =
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      readonly epoch: number;
      readonly loss: number;
      readonly tokens: number;
    }
  | EvaluationEvent;

export interface EvaluationEvent extends EvaluationResult {
  readonly kind: 'evaluation';
  readonly step: number;
  readonly epoch: number;
  /** The mean of the steps since the last evaluation. */
  readonly trainLoss: number;
  readonly learningRate: number;
  readonly best: boolean;
}

export interface InitialParameters {
  /** Taken over: training changes them in place. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Of the file that they come from. */
  readonly sha256: string;
}

export interface TrainerOptions {
  readonly network: BoundNetwork;
  readonly settings: TrainerSettings;
  readonly data: TrainingData;
  /** What training starts from, as far as it goes: the rest is drawn from the seed. */
  readonly initial?: InitialParameters;
  /** Where checkpoints go. */
  readonly folder: string;
  readonly resume: boolean;
  /** Awaited before the first step, once a run that is resumed is known to be the checkpoint's; with the steps done. */
  readonly onStart?: (done: number) => Promise<void>;
  readonly onEvent: (event: TrainerEvent) => void;
  /** Awaited before the step's checkpoint: where it fails, the run goes on from the checkpoint before. */
  readonly onEvaluation?: (event: EvaluationEvent) => Promise<void>;
  /** Checked between steps: an aborted run writes a checkpoint and returns. */
  readonly signal?: AbortSignal;
}

export interface TrainerResult {
  readonly best: NonNullable<Progress['best']> | null;
  readonly finished: boolean;
}

/** @throws RetortError checkpoint_other_run when `resume` finds the checkpoint of a run with other settings or data */
export async function runTraining({
  network,
  settings,
  data,
  initial,
  folder,
  resume,
  onStart,
  onEvent,
  onEvaluation,
  signal,
}: TrainerOptions): Promise<TrainerResult> {
  const fingerprint = fingerprintOf(network, settings, data, initial?.sha256 ?? null);
  const optimizer = new Optimizer(optimizers[settings.optimizer].rule());
  const start = resume ? await restore(folder, fingerprint, network, optimizer) : null;
  await onStart?.(start?.progress.step ?? 0);
  const parameters =
    start?.parameters ?? ParameterStore.initialize(network.parameters, settings.seed, initial?.tensors);
  let best = start?.progress.best ?? null;

  const { averageDecay = 0, evaluateEvery } = settings;
  const average =
    averageDecay === 0
      ? null
      : new ParameterAverage(network.parameters, parameters, averageDecay, start?.average);
  const kept = average?.parameters ?? parameters;

  const stages = stagesOf(settings, data);
  const steps = stages.reduce((sum, stage) => sum + stage.steps, 0);
  let recent = start?.progress.recent ?? noneRecent;
  const evaluator = await Evaluator.open(network, kept, settings.intraOpThreads);
  const save = async (step: number) => {
    const state = optimizer.state();
    const progress = { step, optimizerStep: state.step, best, recent, fingerprint };
    const averages = [...(average?.parameters.arrays ?? [])];
    const slots = new Map([
      ...state.slots,
      ...averages.map(([name, data]): [string, Float32Array] => [averagePrefix + name, data]),
    ]);
    await writeCheckpoint(folder, { progress, parameters: parameters.tensors(), slots });
  };
  /** Gives whether it came to the stage's end. @param from steps of the run that are done */
  const runStage = async (stage: Stage, from: number): Promise<boolean> => {
    const { rows: examples, firstStep, firstEpoch, stepsPerEpoch, settings } = stage;
    const end = firstStep + stage.steps;
    // A stage starts from what the one before would have kept.
    if (firstStep > 0 && from === firstStep) {
      parameters.copy(kept);
      optimizer.restore(0, new Map());
    }
    const step = await TrainingStep.open(network, parameters, optimizer, settings);
    try {
      let batches: number[][] = [];
      for (let index = from; index < end; index += 1) {
        if (signal?.aborted === true) {
          await save(index);
          return false;
        }
        const within = index - firstStep;
        const epoch = firstEpoch + Math.floor(within / stepsPerEpoch);
        if (batches.length === 0 || within % stepsPerEpoch === 0) {
          const random = randomStream(settings.seed, 'shuffle', epoch);
          batches = epochBatches(examples, settings.batchSize, random);
        }
        const whole = (batches[within % stepsPerEpoch] ?? []).flatMap((place) => examples[place] ?? []);
        const rows = dropTokens(
          whole,
          settings.tokenDropout,
          randomStream(settings.seed, 'token-dropout', index),
        );
        const result = await step.gradients(rows, randomStream(settings.seed, 'dropout', index));
        if (!Number.isFinite(result.loss))
          throw fail('training_diverged', { step: index + 1, loss: String(result.loss) });
        const learningRate = learningRateAt(settings, within, stage.steps);
        step.update(result, learningRate);
        const done = index + 1;
        average?.update(parameters, within + 1);
        recent = { steps: recent.steps + 1, loss: recent.loss + result.loss };
        const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
        onEvent({ kind: 'step', step: done, steps, epoch: epoch + 1, loss: result.loss, tokens });
        if (done % evaluateEvery === 0 || done === end) {
          const scores = await evaluator.evaluate(data.dev, data.unseen, settings.batchSize);
          const isBest = best === null || scores.all.correct > best.correct;
          if (isBest) {
            best = { step: done, correct: scores.all.correct, rows: scores.all.rows };
            await writeBest(folder, kept.tensors());
          }
          const event: EvaluationEvent = {
            kind: 'evaluation',
            step: done,
            epoch: firstEpoch + (within + 1) / stepsPerEpoch,
            trainLoss: recent.loss / recent.steps,
            learningRate,
            best: isBest,
            ...scores,
          };
          recent = noneRecent;
          onEvent(event);
          await onEvaluation?.(event);
          await save(done);
        }
      }
      return true;
    } finally {
      await step.close();
    }
  };
  try {
    const done = start?.progress.step ?? 0;
    for (const stage of stages) {
      if (done >= stage.firstStep + stage.steps) continue;
      if (!(await runStage(stage, Math.max(done, stage.firstStep)))) return { best, finished: false };
    }
    return { best, finished: true };
  } finally {
    await evaluator.close();
  }
}

function dropTokens(
  rows: readonly EncodedExample[],
  dropout: TrainerSettings['tokenDropout'],
  random: Random,
): readonly EncodedExample[] {
  if (dropout === undefined || dropout.rate === 0) return rows;
  const { rate, id: replacement } = dropout;
  return rows.map(({ ids, ...row }) => ({
    ...row,
    ids: ids.map((id) => (random.uniform() < rate ? replacement : id)),
  }));
}

async function restore(folder: string, fingerprint: string, network: BoundNetwork, optimizer: Optimizer) {
  const { progress, parameters, slots } = await readCheckpoint(folder);
  if (progress.fingerprint !== fingerprint) throw fail('checkpoint_other_run', { path: folder });
  optimizer.restore(progress.optimizerStep, slots);
  const average = new Map<string, Float32Array>();
  for (const [name, data] of slots)
    if (name.startsWith(averagePrefix)) average.set(name.slice(averagePrefix.length), data);
  return { progress, parameters: ParameterStore.from(network.parameters, parameters), average };
}

/** Of the averages among a checkpoint's slots. */
const averagePrefix = 'average/';

/** Threads and the provider are left out: they may change the last bits of a sum, never which run it is. */
function fingerprintOf(
  network: BoundNetwork,
  { intraOpThreads: _, provider: __, ...settings }: TrainerSettings,
  { train, final, dev }: TrainingData,
  initial: string | null,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([network.kind, network.parameters, Object.entries(settings).sort(), initial]));
  const rows = (settings.finalEpochs ?? 0) > 0 ? [...train, ...final, ...dev] : [...train, ...dev];
  for (const { ids, targets, label } of rows)
    hash.update(`${ids.join(',')};${targets.join(',')};${String(label)}\n`);
  return hash.digest('hex');
}
