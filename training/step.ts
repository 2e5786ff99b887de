/** One step of training: gradients of a batch, clipped, and the optimiser's update of the parameters. */
import { tensor, type Tensor } from '../core/tensor.js';
import type { ProviderName } from '../core/engines/providers.js';
import type { BoundNetwork } from '../models/networks.js';
import { perturbation, vectorsLength } from './adversarial.js';
import { batchInputs, type EncodedExample } from './batching.js';
import { DropoutMasks } from './dropout.js';
import { clippingFactor } from './gradients.js';
import { GradientSession, type StepResult } from './gradient-session.js';
import { GradientSum } from './gradient-sum.js';
import { lossOf, type LossSettings } from './losses.js';
import type { Optimizer } from './optimizers/optimizer.js';
import type { ParameterStore } from './parameters.js';
import type { Random } from './random.js';

export interface StepSettings extends LossSettings {
  readonly dropout: number;
  /** Rows computed at once: gradients of a step's parts are added up. Smaller takes less memory. */
  readonly microBatchSize: number;
  /** The largest joint norm of a step's gradients; 0 for any. */
  readonly clipNorm: number;
  /** Above 0, a step learns from its texts a second time, their word vectors moved by this share of their length. */
  readonly adversarial?: number;
  readonly intraOpThreads: number;
  /** That computes the gradients; the update of the parameters is the CPU's. CPU by default. */
  readonly provider?: ProviderName;
}

/** Of all of a step's rows. */
export type Step = Pick<StepResult, 'loss' | 'gradients'>;

export class TrainingStep {
  readonly #session: GradientSession;
  readonly #masks: DropoutMasks;
  readonly #parameters: ParameterStore;
  readonly #optimizer: Optimizer;
  readonly #settings: StepSettings;

  private constructor(
    session: GradientSession,
    masks: DropoutMasks,
    parameters: ParameterStore,
    optimizer: Optimizer,
    settings: StepSettings,
  ) {
    this.#session = session;
    this.#masks = masks;
    this.#parameters = parameters;
    this.#optimizer = optimizer;
    this.#settings = settings;
  }

  /** Changes the parameters in place. */
  static async open(
    network: BoundNetwork,
    parameters: ParameterStore,
    optimizer: Optimizer,
    settings: StepSettings,
  ): Promise<TrainingStep> {
    const { intraOpThreads, provider, dropout, adversarial = 0 } = settings;
    const session = await GradientSession.open(network, lossOf(settings), parameters, {
      intraOpThreads,
      perturbed: adversarial > 0,
      ...(provider === undefined ? {} : { provider }),
    });
    const masks = new DropoutMasks(network.dropoutSites, dropout);
    return new TrainingStep(session, masks, parameters, optimizer, settings);
  }

  /** Mean loss of the rows as they are and the step's gradients, which hold until they are computed anew. */
  async gradients(rows: readonly EncodedExample[], random: Random): Promise<Step> {
    const { microBatchSize, adversarial = 0 } = this.#settings;
    const sum = new GradientSum();
    let loss = 0;
    for (const part of chunks(rows, microBatchSize)) {
      const inputs = batchInputs(part);
      const [batch_size = 0, sequence_length = 0] = inputs.input_ids.shape;
      const masks = this.#masks.draw({ batch_size, sequence_length }, random);
      const targets = targetsOf(part);
      const found = await this.#session.run(inputs, masks, targets);
      const share = part.length / rows.length;
      loss += found.loss * share;
      if (adversarial === 0) {
        sum.add(found.gradients, share);
        continue;
      }
      sum.add(found.gradients, share / 2);
      const again = await this.#session.run(inputs, masks, targets, this.#moves(part, found, adversarial));
      sum.add(again.gradients, share / 2);
    }
    return { loss, gradients: sum.total() };
  }

  #moves(
    rows: readonly EncodedExample[],
    { siteGradients }: StepResult,
    size: number,
  ): ReadonlyMap<string, Tensor> {
    const moves = new Map<string, Tensor>();
    for (const site of this.#session.sites) {
      const [gradient, table] = [siteGradients.get(site.name), this.#parameters.arrays.get(site.table)];
      const width = gradient?.shape.at(-1);
      if (gradient === undefined || table === undefined || width === undefined) continue;
      const lengths = rows.map(({ ids }) => vectorsLength(ids, table, width));
      moves.set(site.name, perturbation(site, gradient, lengths, size));
    }
    return moves;
  }

  update({ gradients }: Step, learningRate: number): void {
    const factor = clippingFactor(gradients.values(), this.#settings.clipNorm);
    this.#optimizer.step(this.#parameters.arrays, gradients, learningRate, factor);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

function targetsOf(rows: readonly EncodedExample[]): Tensor {
  const width = rows[0]?.targets.length ?? 0;
  return tensor('float32', Float32Array.from(rows.flatMap(({ targets }) => targets)), [rows.length, width]);
}
