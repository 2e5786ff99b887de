/**
 * One training step's graph on ONNX Runtime: forward, loss and gradients of a network as a static graph. Parameters
 * are inputs, handed over without a copy, so an optimiser changes them in place between steps.
 */
import { openSession, type Session, type SessionOptions } from '../core/engines/session.js';
import { GraphBuilder, type GraphValue } from '../core/graph/builder.js';
import { GraphOps } from '../core/graph/graph-ops.js';
import { encodeModel } from '../core/graph/onnx.js';
import type { paddedBatch } from '../core/padded-batch.js';
import { sizeOf, tensor, type Tensor } from '../core/tensor.js';
import type { PortSpec } from '../models/network.js';
import type { BoundNetwork } from '../models/networks.js';
import { declareInputs } from '../models/static-graph.js';
import { noPerturbation, type PerturbationSite, withPerturbations } from './adversarial.js';
import { differentiate, type Differentiated, type GradientOutput } from './autodiff/differentiate.js';
import { fuseGelu } from './autodiff/fuse-gelu.js';
import { type Gradient, mergeRows } from './gradients.js';
import type { Loss } from './losses.js';
import type { ParameterStore } from './parameters.js';

/** Gradients hold until the next run of the session that gave them. */
export interface StepResult {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Gradient>;
  /** By the sites of a session that is perturbed, under their names. */
  readonly siteGradients: ReadonlyMap<string, Tensor>;
}

export interface GradientSessionOptions extends Pick<SessionOptions, 'intraOpThreads' | 'provider'> {
  /** Whether word vectors can be moved, and gradients by them are wanted. */
  readonly perturbed?: boolean;
}

/**
 * The graph of a step: inputs are the parameters, the network's inputs, its dropout masks, `targets`, and the sites
 * where word vectors are moved.
 */
export function gradientGraph(
  network: BoundNetwork,
  loss: Loss,
  perturbed = false,
): Differentiated & { readonly sites: readonly PerturbationSite[] } {
  const builder = new GraphBuilder(`${network.kind}_step`);
  const ops = new GraphOps(builder);
  const float32 = (
    { name, shape }: { name: string; shape: PortSpec['shape'] },
    prefix = '',
  ): [string, GraphValue] => [name, builder.input(prefix + name, 'float32', shape)];
  const parameters = Object.fromEntries(network.parameters.map((spec) => float32(spec)));
  const inputs = declareInputs(builder, network.inputs);
  const masks = Object.fromEntries(network.dropoutSites.map((site) => float32(site, maskPrefix)));
  const { logits } = network.forward(ops, parameters, inputs, masks);
  const [port] = network.outputs;
  if (logits === undefined || port === undefined)
    throw new RangeError(`the network ${network.kind} gives no logits`);
  const [batch = 'batch_size', classes] = port.shape;
  if (typeof classes !== 'number') throw new RangeError(`the classes of ${network.kind} are not counted`);
  const targets = builder.input('targets', 'float32', [batch, classes * (loss.parts ?? 1)]);
  builder.output('loss', loss(ops, { logits, targets }));
  const tables = network.parameters.filter(({ rowSparse }) => perturbed && rowSparse === true);
  const { graph, sites } = withPerturbations(
    fuseGelu(builder.build()),
    new Set(tables.map(({ name }) => name)),
  );
  const by = [...network.parameters, ...sites];
  return { ...differentiate(graph, { loss: 'loss', parameters: by }), sites };
}

const maskPrefix = 'dropout.';

export class GradientSession {
  readonly #session: Session;
  readonly #outputs: ReadonlyMap<string, GradientOutput>;
  readonly #parameters: ParameterStore;
  readonly sites: readonly PerturbationSite[];
  /** What dense gradients are written into, run after run: new memory costs a page fault every 4 KB. */
  readonly #buffers: Readonly<Record<string, Tensor>>;

  private constructor(
    session: Session,
    outputs: ReadonlyMap<string, GradientOutput>,
    parameters: ParameterStore,
    sites: readonly PerturbationSite[],
  ) {
    this.sites = sites;
    this.#session = session;
    this.#outputs = outputs;
    this.#parameters = parameters;
    this.#buffers = Object.fromEntries(
      [...outputs].flatMap(([name, output]) => {
        const shape = parameters.feeds()[name]?.shape;
        if (output.kind !== 'dense' || shape === undefined) return [];
        return [[output.gradient, tensor('float32', new Float32Array(sizeOf(shape)), shape)]];
      }),
    );
  }

  static async open(
    network: BoundNetwork,
    loss: Loss,
    parameters: ParameterStore,
    { perturbed, ...options }: GradientSessionOptions,
  ): Promise<GradientSession> {
    const { graph, gradients, sites } = gradientGraph(network, loss, perturbed);
    const session = await openSession(encodeModel({ graph }), { ...options, spinning: true });
    return new GradientSession(session, gradients, parameters, sites);
  }

  /**
   * @param inputs the network's inputs by name
   * @param masks dropout multipliers by site
   * @param targets float32 [batch, classes], or as many times as the loss has parts
   * @param moves of word vectors, by site; none where nothing is said
   */
  async run(
    inputs: ReturnType<typeof paddedBatch>,
    masks: Readonly<Record<string, Tensor>>,
    targets: Tensor,
    moves: ReadonlyMap<string, Tensor> = new Map(),
  ): Promise<StepResult> {
    const dropout = Object.fromEntries(
      Object.entries(masks).map(([site, mask]) => [maskPrefix + site, mask]),
    );
    const [batch_size = 0, sequence_length = 0] = inputs.input_ids.shape;
    const sizes = { batch_size, sequence_length };
    const moved = Object.fromEntries(
      this.sites.map((site) => [site.name, moves.get(site.name) ?? noPerturbation(site, sizes)]),
    );
    const feeds = { ...this.#parameters.feeds(), ...inputs, ...dropout, targets, ...moved };
    const outputs = await this.#session.run(feeds, this.#session.outputs, this.#buffers);
    const loss = float32Of(outputs, 'loss')[0] ?? Number.NaN;
    const gradients = new Map<string, Gradient>();
    const siteGradients = new Map<string, Tensor>();
    const sites = new Set(this.sites.map(({ name }) => name));
    for (const [name, output] of this.#outputs) {
      const gradient = outputs[output.gradient];
      if (sites.has(name)) {
        if (gradient !== undefined) siteGradients.set(name, gradient);
        continue;
      }
      const values = float32Of(outputs, output.gradient);
      if (output.kind === 'dense') gradients.set(name, { kind: 'dense', values });
      else {
        const indices = outputs[output.indices];
        if (indices?.dtype !== 'int64' && indices?.dtype !== 'int32')
          throw new RangeError(`${output.indices} is not of indices`);
        const [rows = 0, width = 0] = outputs[output.gradient]?.shape ?? [];
        if (rows !== indices.data.length) throw new RangeError(`${output.indices} are not those of ${name}`);
        gradients.set(name, mergeRows(indices.data, values, width));
      }
    }
    return { loss, gradients, siteGradients };
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

function float32Of(outputs: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const output = outputs[name];
  if (output?.dtype !== 'float32') throw new RangeError(`the step gave no float32 ${name}`);
  return output.data;
}
