/** What a run holds from step to step and keeps in its folder, so that a resumed run goes on as if it had not stopped. */
import { createHash } from 'node:crypto';
import { fail } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import type { BoundNetwork } from '../models/networks.js';
import { ParameterAverage } from './average.js';
import type { EncodedExample } from './batching.js';
import {
  type Checkpoint,
  noneRecent,
  type Progress,
  readCheckpoint,
  writeBest,
  writeCheckpoint,
} from './checkpoint.js';
import { Evaluator, type EvaluationResult } from './evaluation.js';
import { Optimizer } from './optimizers/optimizer.js';
import { type OptimizerName, optimizers } from './optimizers/optimizers.js';
import { ParameterStore } from './parameters.js';
import type { StageRows, StageSettings } from './stages.js';

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

export interface InitialParameters {
  /** Taken over: training changes them in place. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Of the file that they come from. */
  readonly sha256: string;
}

export interface TrainingRun {
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
}

export interface StateEvaluation extends EvaluationResult {
  /** The mean of the steps since the last evaluation. */
  readonly trainLoss: number;
  readonly best: boolean;
}

/** A run between two steps. */
export class TrainingState {
  readonly parameters: ParameterStore;
  readonly optimizer: Optimizer;
  readonly #run: TrainingRun;
  readonly #fingerprint: string;
  readonly #average: ParameterAverage | null;
  readonly #evaluator: Evaluator;
  #step: number;
  #best: Progress['best'];
  #recent: Progress['recent'];

  private constructor(
    run: TrainingRun,
    { fingerprint, step, best, recent }: Omit<Progress, 'optimizerStep'>,
    parts: {
      readonly optimizer: Optimizer;
      readonly parameters: ParameterStore;
      readonly average: ParameterAverage | null;
      readonly evaluator: Evaluator;
    },
  ) {
    this.#run = run;
    this.#fingerprint = fingerprint;
    this.#step = step;
    this.#best = best;
    this.#recent = recent;
    this.optimizer = parts.optimizer;
    this.parameters = parts.parameters;
    this.#average = parts.average;
    this.#evaluator = parts.evaluator;
  }

  /** Of a run that begins, or of the folder's checkpoint. @throws RetortError checkpoint_other_run */
  static async open(run: TrainingRun): Promise<TrainingState> {
    const { network, settings, data, initial, folder, resume, onStart } = run;
    const fingerprint = fingerprintOf(network, settings, data, initial?.sha256 ?? null);
    const optimizer = new Optimizer(optimizers[settings.optimizer].rule());
    const checkpoint = resume ? await readCheckpoint(folder) : null;
    if (checkpoint !== null && checkpoint.progress.fingerprint !== fingerprint)
      throw fail('checkpoint_other_run', { path: folder });
    const progress = checkpoint?.progress ?? { step: 0, best: null, recent: noneRecent, fingerprint };
    await onStart?.(progress.step);
    const parameters =
      checkpoint === null
        ? ParameterStore.initialize(network.parameters, settings.seed, initial?.tensors)
        : ParameterStore.from(network.parameters, checkpoint.parameters);
    if (checkpoint !== null) optimizer.restore(checkpoint.progress.optimizerStep, checkpoint.slots);
    const { averageDecay = 0 } = settings;
    const average =
      averageDecay === 0
        ? null
        : new ParameterAverage(
            network.parameters,
            parameters,
            averageDecay,
            checkpoint === null ? undefined : averagesOf(checkpoint),
          );
    const kept = average?.parameters ?? parameters;
    const evaluator = await Evaluator.open(network, kept, settings.intraOpThreads);
    return new TrainingState(run, progress, { optimizer, parameters, average, evaluator });
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  get best(): Progress['best'] {
    return this.#best;
  }

  /** What is evaluated and kept: the parameters, or their average. */
  get #kept(): ParameterStore {
    return this.#average?.parameters ?? this.parameters;
  }

  /** A stage starts from what the one before would have kept. */
  restartFromKept(): void {
    this.parameters.copy(this.#kept);
    this.optimizer.restore(0, new Map());
  }

  /** Once the parameters have moved. @param ofStage its steps that are done, this one among them */
  stepDone(loss: number, ofStage: number): void {
    this.#average?.update(this.parameters, ofStage);
    this.#recent = { steps: this.#recent.steps + 1, loss: this.#recent.loss + loss };
    this.#step += 1;
  }

  /** On dev. The best so far are written. @throws RetortError file_unwritable */
  async evaluate(): Promise<StateEvaluation> {
    const { data, settings, folder } = this.#run;
    const scores = await this.#evaluator.evaluate(data.dev, data.unseen, settings.batchSize);
    const best = this.#best === null || scores.all.correct > this.#best.correct;
    if (best) {
      this.#best = { step: this.#step, correct: scores.all.correct, rows: scores.all.rows };
      await writeBest(folder, this.#kept.tensors());
    }
    const trainLoss = this.#recent.loss / this.#recent.steps;
    this.#recent = noneRecent;
    return { ...scores, trainLoss, best };
  }

  /** As the folder's checkpoint. @throws RetortError file_unwritable */
  async save(): Promise<void> {
    const { step: optimizerStep, slots } = this.optimizer.state();
    const progress = {
      step: this.#step,
      optimizerStep,
      best: this.#best,
      recent: this.#recent,
      fingerprint: this.#fingerprint,
    };
    const averages = [...(this.#average?.parameters.arrays ?? [])].map(
      ([name, data]): [string, Float32Array] => [averagePrefix + name, data],
    );
    await writeCheckpoint(this.#run.folder, {
      progress,
      parameters: this.parameters.tensors(),
      slots: new Map([...slots, ...averages]),
    });
  }

  async close(): Promise<void> {
    await this.#evaluator.close();
  }
}

/** Of the averages among a checkpoint's slots. */
const averagePrefix = 'average/';

function averagesOf({ slots }: Checkpoint): Map<string, Float32Array> {
  const averages = new Map<string, Float32Array>();
  for (const [name, data] of slots)
    if (name.startsWith(averagePrefix)) averages.set(name.slice(averagePrefix.length), data);
  return averages;
}

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
