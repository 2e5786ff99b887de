/**
 * The student: word embedding, one bidirectional LSTM, the two last hidden states side by side, a tanh layer, logits.
 * The shape of PaddleNLP's distill_lstm student (embedding 300, hidden 300 a direction, tanh layer 300, 2 classes).
 */
import { z } from 'zod';
import type { Network } from './network.js';

export const bilstmConfigSchema = z.strictObject({
  vocabularySize: z.int().min(2),
  embedding: z.int().positive(),
  /** Hidden state of one direction. */
  hidden: z.int().positive(),
  /** The tanh layer between the last states and the logits. */
  inner: z.int().positive(),
  classes: z.int().min(2),
});

export type BilstmConfig = z.infer<typeof bilstmConfigSchema>;

const directions = 2;

export const bilstm: Network<BilstmConfig> = {
  kind: 'bilstm',
  configSchema: bilstmConfigSchema,

  parameters({ vocabularySize, embedding, hidden, inner, classes }) {
    const lstm = { kind: 'uniform', bound: 1 / Math.sqrt(hidden) } as const;
    const dense = { kind: 'uniform', bound: 0.1 } as const;
    const zero = { kind: 'constant', value: 0 } as const;
    return [
      {
        name: 'embedding.weight',
        shape: [vocabularySize, embedding],
        initialization: { kind: 'uniform', bound: 0.1 },
        rowSparse: true,
      },
      { name: 'lstm.weight', shape: [directions, 4 * hidden, embedding], initialization: lstm },
      { name: 'lstm.recurrence', shape: [directions, 4 * hidden, hidden], initialization: lstm },
      { name: 'lstm.bias', shape: [directions, 8 * hidden], initialization: lstm },
      { name: 'dense.weight', shape: [directions * hidden, inner], initialization: dense },
      { name: 'dense.bias', shape: [inner], initialization: zero },
      { name: 'output.weight', shape: [inner, classes], initialization: dense },
      { name: 'output.bias', shape: [classes], initialization: zero },
    ];
  },

  inputs() {
    return [
      { name: 'input_ids', dtype: 'int64', shape: ['batch_size', 'sequence_length'] },
      { name: 'sequence_lengths', dtype: 'int32', shape: ['batch_size'] },
    ];
  },

  outputs({ classes }) {
    return [{ name: 'logits', dtype: 'float32', shape: ['batch_size', classes] }];
  },

  dropoutSites({ embedding, hidden, inner }) {
    return [
      // One mask a text for all its time steps: Gal and Ghahramani, 2016.
      { name: 'embedding', shape: ['batch_size', embedding] },
      { name: 'states', shape: ['batch_size', directions * hidden] },
      { name: 'dense', shape: ['batch_size', inner] },
    ];
  },

  forward(ops, { hidden }, parameters, inputs, dropout) {
    const parameter = named(parameters, 'parameter');
    const input = named(inputs, 'input');
    const drop = (site: string, value: ReturnType<typeof input>) => {
      const mask = dropout?.[site];
      return mask === undefined ? value : ops.mul(value, mask);
    };
    const ids = ops.transpose(input('input_ids'), [1, 0]); // [time, batch]
    const x = drop('embedding', ops.gather(parameter('embedding.weight'), ids, 0)); // [time, batch, embedding]
    const { lastHidden } = ops.lstm(
      {
        x,
        weight: parameter('lstm.weight'),
        recurrence: parameter('lstm.recurrence'),
        bias: parameter('lstm.bias'),
        lengths: input('sequence_lengths'),
      },
      hidden,
      directions,
    ); // [2, batch, hidden]
    const states = drop(
      'states',
      ops.reshape(ops.transpose(lastHidden, [1, 0, 2]), [-1, directions * hidden]),
    );
    const dense = ops.tanh(ops.add(ops.matMul(states, parameter('dense.weight')), parameter('dense.bias')));
    return {
      logits: ops.add(ops.matMul(drop('dense', dense), parameter('output.weight')), parameter('output.bias')),
    };
  },
};

function named<T>(values: Readonly<Record<string, T>>, what: string): (name: string) => T {
  return (name) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`the Bi-LSTM needs the ${what} ${name}`);
    return value;
  };
}
