/** A network's parameters by name: the arrays that sessions read and optimisers change. */
import { sizeOf, tensor, type Tensor } from '../core/tensor.js';
import type { Initialization, ParameterSpec } from '../models/network.js';
import { type Random, randomStream } from './random.js';

export class ParameterStore {
  readonly #feeds: Readonly<Record<string, Tensor>>;
  readonly arrays: ReadonlyMap<string, Float32Array>;

  private constructor(entries: readonly { name: string; shape: readonly number[]; data: Float32Array }[]) {
    this.arrays = new Map(entries.map(({ name, data }) => [name, data]));
    this.#feeds = Object.fromEntries(
      entries.map(({ name, shape, data }) => [name, tensor('float32', data, shape)]),
    );
  }

  /**
   * Drawn as the specifications say, each parameter from its own stream of the seed.
   * @param given parameters that are not drawn: their arrays are taken over
   */
  static initialize(
    specs: readonly ParameterSpec[],
    seed: number,
    given: ReadonlyMap<string, Tensor> = new Map(),
  ): ParameterStore {
    return new ParameterStore(
      specs.map((spec, index) => {
        const { name, shape, initialization } = spec;
        if (given.has(name)) return { name, shape, data: arrayOf(spec, given) };
        const draw = sampler(initialization, randomStream(seed, 'initialisation', index));
        return { name, shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
      }),
    );
  }

  /** Over the given tensors' arrays, taken over. @throws RangeError where one is missing or has another size */
  static from(specs: readonly ParameterSpec[], tensors: ReadonlyMap<string, Tensor>): ParameterStore {
    return new ParameterStore(
      specs.map((spec) => ({ name: spec.name, shape: spec.shape, data: arrayOf(spec, tensors) })),
    );
  }

  /** Takes the values of another store of the same parameters over. */
  copy(from: ParameterStore): void {
    for (const [name, values] of from.arrays) this.arrays.get(name)?.set(values);
  }

  /** As session feeds, over the same arrays. */
  feeds(): Readonly<Record<string, Tensor>> {
    return this.#feeds;
  }

  /** By name, over the same arrays. */
  tensors(): ReadonlyMap<string, Tensor> {
    return new Map(Object.entries(this.#feeds));
  }
}

function arrayOf({ name, shape }: ParameterSpec, tensors: ReadonlyMap<string, Tensor>): Float32Array {
  const found = tensors.get(name);
  if (found?.dtype !== 'float32' || found.data.length !== sizeOf(shape))
    throw new RangeError(`the parameter ${name} is missing or not of shape [${shape.join(', ')}]`);
  return found.data;
}

function sampler(initialization: Initialization, random: Random): () => number {
  switch (initialization.kind) {
    case 'constant':
      return () => initialization.value;
    case 'uniform':
      return () => (2 * random.uniform() - 1) * initialization.bound;
    case 'normal':
      // Box and Muller, 1958.
      return () =>
        initialization.deviation *
        Math.sqrt(-2 * Math.log(1 - random.uniform())) *
        Math.cos(2 * Math.PI * random.uniform());
  }
}
