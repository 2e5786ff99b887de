/**
 * The training loop. Everything random comes from the seed and the step's number, so a run that is resumed from a
 * checkpoint ends in the parameters that the uninterrupted run ends in, bit for bit.
 */
import { createHash } from 'node:crypto';
import type { BoundNetwork } from '../models/networks.js';
import { fail } from '../core/errors.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { batchInputs, type EncodedExample, epochBatches } from './batching.js';
import { type Progress, readCheckpoint, writeBest, writeCheckpoint } from './checkpoint.js';
import { DropoutMasks } from './dropout.js';
import { Evaluator, type EvaluationResult } from './evaluation.js';
import { clipByGlobalNorm } from './gradients.js';
import { GradientSession, type StepResult } from './gradient-session.js';
import { GradientSum } from './gradient-sum.js';
import { type LossName, losses } from './losses.js';
import { Optimizer } from './optimizers/optimizer.js';
import { type OptimizerName, optimizers } from './optimizers/optimizers.js';
import { ParameterStore } from './parameters.js';
import { type Random, randomStream } from './random.js';
import { learningRateAt, type ScheduleSettings } from './schedule.js';

export interface TrainerSettings extends ScheduleSettings {
  readonly epochs: number;
  /** Rows of a step. */
  readonly batchSize: number;
  /** Rows computed at once: gradients of a step's parts are added up. Smaller takes less memory. */
  readonly microBatchSize: number;
  readonly optimizer: OptimizerName;
  readonly loss: LossName;
  readonly dropout: number;
  /** The largest joint norm of a step's gradients. */
  readonly clipNorm: number;
  /** Steps between evaluations on dev, each followed by a checkpoint. */
  readonly evaluateEvery: number;
  readonly seed: number;
  readonly intraOpThreads: number;
}

export interface TrainingData {
  readonly train: readonly EncodedExample[];
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
  | ({
      readonly kind: 'evaluation';
      readonly step: number;
      readonly epoch: number;
      readonly trainLoss: number;
      readonly learningRate: number;
      readonly best: boolean;
    } & EvaluationResult);

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
  /** Awaited before the first step, once a run that is resumed is known to be the checkpoint's. */
  readonly onStart?: () => Promise<void>;
  readonly onEvent: (event: TrainerEvent) => void;
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
  signal,
}: TrainerOptions): Promise<TrainerResult> {
  const fingerprint = fingerprintOf(network, settings, data, initial?.sha256 ?? null);
  const optimizer = new Optimizer(optimizers[settings.optimizer].rule());
  const start = resume ? await restore(folder, fingerprint, network, optimizer) : null;
  await onStart?.();
  const parameters =
    start?.parameters ?? ParameterStore.initialize(network.parameters, settings.seed, initial?.tensors);
  let best = start?.progress.best ?? null;

  const gradients = await GradientSession.open(
    network,
    losses[settings.loss],
    parameters,
    settings.intraOpThreads,
  );
  const evaluator = await Evaluator.open(network, parameters, settings.intraOpThreads);
  try {
    const stepsPerEpoch = epochBatches(
      data.train,
      settings.batchSize,
      randomStream(settings.seed, 'shuffle', 0),
    ).length;
    const steps = stepsPerEpoch * settings.epochs;
    const save = async (step: number) => {
      const state = optimizer.state();
      const progress = { step, optimizerStep: state.step, best, fingerprint };
      await writeCheckpoint(folder, { progress, parameters: parameters.tensors(), slots: state.slots });
    };
    const masks = new DropoutMasks(network.dropoutSites, settings.dropout);
    const stepGradients = async (rows: readonly EncodedExample[], random: Random): Promise<StepResult> => {
      const sum = new GradientSum();
      let loss = 0;
      for (const part of chunks(rows, settings.microBatchSize)) {
        const inputs = batchInputs(part);
        const [batch_size = 0, sequence_length = 0] = inputs.input_ids.shape;
        const drawn = masks.draw({ batch_size, sequence_length }, random);
        const found = await gradients.run(inputs, drawn, targetsOf(part));
        const share = part.length / rows.length;
        loss += found.loss * share;
        sum.add(found.gradients, share);
      }
      return { loss, gradients: sum.total() };
    };
    const recent: number[] = [];
    let batches: number[][] = [];
    for (let step = start?.progress.step ?? 0; step < steps; step += 1) {
      if (signal?.aborted === true) {
        await save(step);
        return { best, finished: false };
      }
      const epoch = Math.floor(step / stepsPerEpoch);
      if (batches.length === 0 || step % stepsPerEpoch === 0) {
        batches = epochBatches(data.train, settings.batchSize, randomStream(settings.seed, 'shuffle', epoch));
      }
      const rows = (batches[step % stepsPerEpoch] ?? []).flatMap((place) => data.train[place] ?? []);
      const result = await stepGradients(rows, randomStream(settings.seed, 'dropout', step));
      if (!Number.isFinite(result.loss))
        throw fail('training_diverged', { step: step + 1, loss: String(result.loss) });
      clipByGlobalNorm(result.gradients.values(), settings.clipNorm);
      const learningRate = learningRateAt(settings, step, steps);
      optimizer.step(parameters.arrays, result.gradients, learningRate);

      const done = step + 1;
      recent.push(result.loss);
      const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
      onEvent({ kind: 'step', step: done, steps, epoch: epoch + 1, loss: result.loss, tokens });
      if (done % settings.evaluateEvery === 0 || done === steps) {
        const scores = await evaluator.evaluate(data.dev, data.unseen, settings.batchSize);
        const isBest = best === null || scores.all.correct > best.correct;
        if (isBest) {
          best = { step: done, correct: scores.all.correct, rows: scores.all.rows };
          await writeBest(folder, parameters.tensors());
        }
        const trainLoss = recent.reduce((a, b) => a + b, 0) / recent.length;
        recent.length = 0;
        onEvent({
          kind: 'evaluation',
          step: done,
          epoch: done / stepsPerEpoch,
          trainLoss,
          learningRate,
          best: isBest,
          ...scores,
        });
        await save(done);
      }
    }
    return { best, finished: true };
  } finally {
    await gradients.close();
    await evaluator.close();
  }
}

async function restore(folder: string, fingerprint: string, network: BoundNetwork, optimizer: Optimizer) {
  const { progress, parameters, slots } = await readCheckpoint(folder);
  if (progress.fingerprint !== fingerprint) throw fail('checkpoint_other_run', { path: folder });
  optimizer.restore(progress.optimizerStep, slots);
  return { progress, parameters: ParameterStore.from(network.parameters, parameters) };
}

/** Threads are left out: they may change the last bits of a sum, never which run it is. */
function fingerprintOf(
  network: BoundNetwork,
  { intraOpThreads: _, ...settings }: TrainerSettings,
  { train, dev }: TrainingData,
  initial: string | null,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([network.kind, network.parameters, Object.entries(settings).sort(), initial]));
  for (const { ids, targets, label } of [...train, ...dev])
    hash.update(`${ids.join(',')};${targets.join(',')};${String(label)}\n`);
  return hash.digest('hex');
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

function targetsOf(rows: readonly EncodedExample[]): Tensor {
  const classes = rows[0]?.targets.length ?? 0;
  return tensor('float32', Float32Array.from(rows.flatMap(({ targets }) => targets)), [rows.length, classes]);
}
