/**
 * The training loop. Everything random comes from the seed and the step's number, so a run that is resumed from a
 * checkpoint ends in the parameters that the uninterrupted run ends in, bit for bit.
 */
import { fail } from '../core/errors.js';
import { type EncodedExample, epochBatches } from './batching.js';
import type { Progress } from './checkpoint.js';
import { type Random, randomStream } from './random.js';
import { learningRateAt } from './schedule.js';
import { type Stage, type StageSettings, stagesOf } from './stages.js';
import { TrainingStep } from './step.js';
import { type StateEvaluation, type TrainingRun, TrainingState } from './training-state.js';

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

export interface EvaluationEvent extends StateEvaluation {
  readonly kind: 'evaluation';
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
}

export interface TrainerOptions extends TrainingRun {
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
export async function runTraining(options: TrainerOptions): Promise<TrainerResult> {
  const stages = stagesOf(options.settings, options.data);
  const steps = stages.reduce((sum, stage) => sum + stage.steps, 0);
  const state = await TrainingState.open(options);
  try {
    for (const stage of stages) {
      if (state.step >= stage.firstStep + stage.steps) continue;
      const finished = await runStage(stage, steps, state, options);
      if (!finished) return { best: state.best, finished };
    }
    return { best: state.best, finished: true };
  } finally {
    await state.close();
  }
}

/** From where the run stands. Gives whether it came to the stage's end. */
async function runStage(
  { rows: examples, settings, firstStep, steps, firstEpoch, stepsPerEpoch }: Stage,
  stepsOfRun: number,
  state: TrainingState,
  { network, settings: { evaluateEvery }, onEvent, onEvaluation, signal }: TrainerOptions,
): Promise<boolean> {
  if (firstStep > 0 && state.step === firstStep) state.restartFromKept();
  const step = await TrainingStep.open(network, state.parameters, state.optimizer, settings);
  const end = firstStep + steps;
  try {
    let batches: number[][] = [];
    for (let within = state.step - firstStep; within < steps; within += 1) {
      if (signal?.aborted === true) {
        await state.save();
        return false;
      }
      const index = firstStep + within;
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
      const learningRate = learningRateAt(settings, within, steps);
      step.update(result, learningRate);
      state.stepDone(result.loss, within + 1);
      const tokens = rows.reduce((sum, { ids }) => sum + ids.length, 0);
      onEvent({
        kind: 'step',
        step: state.step,
        steps: stepsOfRun,
        epoch: epoch + 1,
        loss: result.loss,
        tokens,
      });
      if (state.step % evaluateEvery === 0 || state.step === end) {
        const evaluation = await state.evaluate();
        const event: EvaluationEvent = {
          kind: 'evaluation',
          step: state.step,
          epoch: firstEpoch + (within + 1) / stepsPerEpoch,
          learningRate,
          ...evaluation,
        };
        onEvent(event);
        await onEvaluation?.(event);
        await state.save();
      }
    }
    return true;
  } finally {
    await step.close();
  }
}

function dropTokens(
  rows: readonly EncodedExample[],
  dropout: StageSettings['tokenDropout'],
  random: Random,
): readonly EncodedExample[] {
  if (dropout === undefined || dropout.rate === 0) return rows;
  const { rate, id: replacement } = dropout;
  return rows.map(({ ids, ...row }) => ({
    ...row,
    ids: ids.map((id) => (random.uniform() < rate ? replacement : id)),
  }));
}
