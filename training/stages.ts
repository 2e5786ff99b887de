/**
 * What a run goes through, one after another: the epochs over all rows, and then, where it is asked for, final epochs
 * over fewer rows without noise. Dropout, and words that are dropped, keep a network from learning its rows by heart;
 * at the end of training, at a lower rate, it may (annealed dropout: Rennie, Goel and Thomas, 2014).
 */
import type { EncodedExample } from './batching.js';
import type { ScheduleSettings } from './schedule.js';
import type { StepSettings } from './step.js';

export interface StageSettings extends ScheduleSettings, StepSettings {
  readonly epochs: number;
  /** Rows of a step. */
  readonly batchSize: number;
  readonly seed: number;
  /** Share of a text's ids that a step replaces by `id`, anew each time: Iyyer et al., 2015. */
  readonly tokenDropout?: { readonly rate: number; readonly id: number };
  /** At the end, over `final` rows: without dropout of any kind, the optimiser started anew. */
  readonly finalEpochs?: number;
  /** Their highest learning rate; half of the others' by default. */
  readonly finalLearningRate?: number;
}

export interface StageRows {
  readonly train: readonly EncodedExample[];
  /** What the final epochs read. */
  readonly final: readonly EncodedExample[];
}

export interface Stage {
  readonly rows: readonly EncodedExample[];
  readonly settings: StageSettings;
  /** Of the run, counted from 0. */
  readonly firstStep: number;
  readonly steps: number;
  readonly firstEpoch: number;
  readonly stepsPerEpoch: number;
}

/** Those that have steps. */
export function stagesOf(settings: StageSettings, { train, final }: StageRows): Stage[] {
  const {
    finalEpochs = 0,
    finalLearningRate = settings.learningRate / 2,
    tokenDropout: _,
    ...others
  } = settings;
  const calm = { ...others, dropout: 0, epochs: finalEpochs, learningRate: finalLearningRate };
  const main = stageOf(settings, train, { step: 0, epoch: 0 });
  const last = stageOf(calm, final, { step: main.steps, epoch: settings.epochs });
  return [main, last].filter(({ steps }) => steps > 0);
}

function stageOf(
  settings: StageSettings,
  rows: readonly EncodedExample[],
  { step, epoch }: { readonly step: number; readonly epoch: number },
): Stage {
  const stepsPerEpoch = Math.ceil(rows.length / settings.batchSize);
  const steps = stepsPerEpoch * settings.epochs;
  return { rows, settings, firstStep: step, steps, firstEpoch: epoch, stepsPerEpoch };
}
