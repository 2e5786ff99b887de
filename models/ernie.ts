/**
 * The teacher: the encoder that BERT, ERNIE and their relatives share, with a classifier over its first token. One
 * function for the family; what differs between its members is configuration.
 *
 * Sources: Devlin et al., BERT, 2018; Sun et al., ERNIE 2.0, 2020 (task types); Liu et al., RoBERTa, 2019 (positions
 * that start behind the padding id).
 */
import type { Ops } from '../core/ops.js';
import type { Dimension } from '../core/graph/ir.js';
import { float32, int64 } from '../core/tensor.js';
import { type EncoderConfig, encoderConfigSchema, mostTokens } from './encoder-config.js';
import type { DropoutSite, Initialization, Network, ParameterSpec } from './network.js';
import { positionsOf, withinLengths } from './positions.js';

const normal: Initialization = { kind: 'normal', deviation: 0.02 };
const zero: Initialization = { kind: 'constant', value: 0 };
const one: Initialization = { kind: 'constant', value: 1 };

export const ernie: Network<EncoderConfig> = {
  kind: 'ernie',
  configSchema: encoderConfigSchema,

  parameters(config) {
    const { vocabularySize, hidden, inner, positions, tokenTypes, taskTypes, classes } = config;
    const headWidth = hidden / config.heads;
    const dense = (name: string, from: number, to: number): ParameterSpec[] => [
      { name: `${name}.weight`, shape: [from, to], initialization: normal },
      { name: `${name}.bias`, shape: [to], initialization: zero },
    ];
    const norm = (name: string): ParameterSpec[] => [
      { name: `${name}.scale`, shape: [hidden], initialization: one },
      { name: `${name}.bias`, shape: [hidden], initialization: zero },
    ];
    const table = (name: string, rows: number): ParameterSpec[] =>
      rows === 0
        ? []
        : [{ name: `embeddings.${name}`, shape: [rows, hidden], initialization: normal, rowSparse: true }];
    return [
      ...table('word', vocabularySize),
      ...table('position', positions),
      ...table('token_type', tokenTypes),
      ...table('task_type', taskTypes),
      ...norm('embeddings.norm'),
      ...layersOf(config).flatMap(({ name: layer, heads }) => [
        ...dense(`${layer}.attention.query`, hidden, heads * headWidth),
        ...dense(`${layer}.attention.key`, hidden, heads * headWidth),
        ...dense(`${layer}.attention.value`, hidden, heads * headWidth),
        ...dense(`${layer}.attention.output`, heads * headWidth, hidden),
        ...norm(`${layer}.attention.norm`),
        ...dense(`${layer}.feed_forward.inner`, hidden, inner),
        ...dense(`${layer}.feed_forward.outer`, inner, hidden),
        ...norm(`${layer}.feed_forward.norm`),
      ]),
      ...(config.pooler ? dense('pooler', hidden, hidden) : []),
      ...dense('classifier', hidden, classes),
    ];
  },

  inputs({ pairs }) {
    return [
      { name: 'input_ids', dtype: 'int64', shape: ['batch_size', 'sequence_length'] },
      { name: 'sequence_lengths', dtype: 'int32', shape: ['batch_size'] },
      ...(pairs
        ? [{ name: 'token_type_ids', dtype: 'int64', shape: ['batch_size', 'sequence_length'] } as const]
        : []),
    ];
  },

  outputs({ classes }) {
    return [{ name: 'logits', dtype: 'float32', shape: ['batch_size', classes] }];
  },

  mostTokens,

  dropoutSites(config) {
    const { hidden, layers } = config;
    const states = (name: string, time: Dimension): DropoutSite => ({
      name,
      shape: ['batch_size', time, hidden],
    });
    return [
      states('embeddings', 'sequence_length'),
      ...layersOf(config).flatMap(({ name: layer, heads }, index) => {
        const time = index === layers - 1 ? 1 : 'sequence_length';
        return [
          {
            name: `${layer}.attention.probabilities`,
            shape: ['batch_size', heads, time, 'sequence_length'],
          },
          states(`${layer}.attention.output`, time),
          states(`${layer}.feed_forward.output`, time),
        ];
      }),
      { name: 'pooled', shape: ['batch_size', hidden] },
    ];
  },

  forward<T>(
    ops: Ops<T>,
    config: EncoderConfig,
    parameters: Readonly<Record<string, T>>,
    inputs: Readonly<Record<string, T>>,
    dropout: Readonly<Record<string, T>> = {},
  ) {
    const encoder = new Encoder(ops, config, parameters, dropout);
    const { mask, states } = encoder.embed(inputs);
    // Training computes of the last layer what the classifier reads; fused attention, in an export, takes whole layers.
    const training = Object.keys(dropout).length > 0;
    const last = layersOf(config).reduce(
      (x, layer, index) =>
        encoder.layer(
          layer,
          x,
          mask,
          training && index === config.layers - 1 ? ops.unsqueeze(encoder.first(x), [1]) : x,
        ),
      states,
    );
    return { logits: encoder.classify(training ? ops.squeeze(last, [1]) : encoder.first(last)) };
  },
};

interface Layer {
  readonly name: string;
  readonly heads: number;
}

function layersOf({ layers, heads, layerHeads }: EncoderConfig): Layer[] {
  return Array.from({ length: layers }, (_, index) => ({
    name: `layers.${String(index)}`,
    heads: layerHeads?.[index] ?? heads,
  }));
}

/** The blocks of one forward; shapes are [batch, time, hidden] unless said otherwise. */
class Encoder<T> {
  readonly #ops: Ops<T>;
  readonly #config: EncoderConfig;
  readonly #parameters: Readonly<Record<string, T>>;
  readonly #dropout: Readonly<Record<string, T>>;

  constructor(
    ops: Ops<T>,
    config: EncoderConfig,
    parameters: Readonly<Record<string, T>>,
    dropout: Readonly<Record<string, T>>,
  ) {
    this.#ops = ops;
    this.#config = config;
    this.#parameters = parameters;
    this.#dropout = dropout;
  }

  /** The sum of the tables, normalised; and the mask that is added to attention's scores, [batch, 1, 1, time]. */
  embed(inputs: Readonly<Record<string, T>>): { states: T; mask: T } {
    const ops = this.#ops;
    const { positionOffset, taskTypes, pairs } = this.#config;
    const ids = named(inputs, 'input', 'input_ids'); // [batch, time]
    const places = positionsOf(ops, ids);
    const within = withinLengths(ops, places, named(inputs, 'input', 'sequence_lengths'));
    const mask = ops.where(within, this.#scalar(0), this.#scalar(-1e4)); // [batch, time]

    const positions = ops.add(places, ops.constant(int64([positionOffset], [1])));
    const first = ops.constant(int64([0], [1, 1]));
    const types = pairs ? named(inputs, 'input', 'token_type_ids') : first;
    let sum = ops.add(
      ops.gather(this.#parameter('embeddings.word'), ids, 0),
      ops.gather(this.#parameter('embeddings.position'), positions, 0),
    );
    sum = ops.add(sum, ops.gather(this.#parameter('embeddings.token_type'), types, 0));
    if (taskTypes > 0) sum = ops.add(sum, ops.gather(this.#parameter('embeddings.task_type'), first, 0));
    const states = this.#drop('embeddings', this.#norm('embeddings.norm', sum));
    return { states, mask: ops.unsqueeze(mask, [1, 2]) };
  }

  /** The first token's state: [batch, hidden]. */
  first(states: T): T {
    return this.#ops.squeeze(this.#ops.slice(states, 1, 0, 1), [1]);
  }

  /**
   * Post-norm: attention and its residual, then the feed-forward network and its.
   * @param read the states among x that are computed anew: what is given has their shape
   */
  layer({ name, heads }: Layer, x: T, mask: T, read: T): T {
    const ops = this.#ops;
    const { activation } = this.#config;
    const attended = this.#drop(
      `${name}.attention.output`,
      this.#attention({ name: `${name}.attention`, heads }, x, mask, read),
    );
    const middle = this.#norm(`${name}.attention.norm`, ops.add(attended, read));
    const inner = activations[activation](ops, this.#dense(`${name}.feed_forward.inner`, middle));
    const outer = this.#drop(`${name}.feed_forward.output`, this.#dense(`${name}.feed_forward.outer`, inner));
    return this.#norm(`${name}.feed_forward.norm`, ops.add(outer, middle));
  }

  /** Logits, [batch, classes], of the first token's state. */
  classify(first: T): T {
    const ops = this.#ops;
    const pooled = this.#config.pooler ? ops.tanh(this.#dense('pooler', first)) : first;
    return this.#dense('classifier', this.#drop('pooled', pooled));
  }

  #attention({ name, heads }: Layer, x: T, mask: T, read: T): T {
    const ops = this.#ops;
    const width = this.#config.hidden / this.#config.heads;
    /** [batch, heads, time, width] */
    const perHead = (part: string, states: T) =>
      ops.transpose(ops.reshape(this.#dense(`${name}.${part}`, states), [0, 0, heads, width]), [0, 2, 1, 3]);
    const keys = ops.transpose(perHead('key', x), [0, 1, 3, 2]);
    const scores = ops.div(ops.matMul(perHead('query', read), keys), this.#scalar(Math.sqrt(width)));
    const probabilities = this.#drop(`${name}.probabilities`, ops.softmax(ops.add(scores, mask), -1));
    const context = ops.transpose(ops.matMul(probabilities, perHead('value', x)), [0, 2, 1, 3]);
    return this.#dense(`${name}.output`, ops.reshape(context, [0, 0, heads * width]));
  }

  #dense(name: string, x: T): T {
    const ops = this.#ops;
    return ops.add(ops.matMul(x, this.#parameter(`${name}.weight`)), this.#parameter(`${name}.bias`));
  }

  #norm(name: string, x: T): T {
    const { layerNormEpsilon } = this.#config;
    return this.#ops.layerNormalization(
      x,
      this.#parameter(`${name}.scale`),
      this.#parameter(`${name}.bias`),
      layerNormEpsilon,
    );
  }

  #drop(site: string, x: T): T {
    const mask = this.#dropout[site];
    return mask === undefined ? x : this.#ops.mul(x, mask);
  }

  #scalar(value: number): T {
    return this.#ops.constant(float32([value], []));
  }

  #parameter(name: string): T {
    return named(this.#parameters, 'parameter', name);
  }
}

function named<T>(values: Readonly<Record<string, T>>, what: string, name: string): T {
  const value = values[name];
  if (value === undefined) throw new RangeError(`the encoder has no ${what} ${name}`);
  return value;
}

type Activation = <T>(ops: Ops<T>, x: T) => T;

/** Hendrycks and Gimpel, Gaussian Error Linear Units, 2016: `gelu` by the error function, `gelu_new` by tanh. */
const activations: Readonly<Record<EncoderConfig['activation'], Activation>> = {
  relu: (ops, x) => ops.relu(x),
  gelu: (ops, x) => {
    const scalar = (value: number) => ops.constant(float32([value], []));
    const cdf = ops.add(ops.erf(ops.div(x, scalar(Math.SQRT2))), scalar(1)); // twice the normal distribution's
    return ops.mul(ops.mul(x, cdf), scalar(0.5));
  },
  gelu_new: (ops, x) => {
    const scalar = (value: number) => ops.constant(float32([value], []));
    const cube = ops.mul(ops.mul(x, x), x);
    const inner = ops.mul(ops.add(x, ops.mul(cube, scalar(0.044715))), scalar(Math.sqrt(2 / Math.PI)));
    return ops.mul(ops.mul(x, ops.add(ops.tanh(inner), scalar(1))), scalar(0.5));
  },
};
