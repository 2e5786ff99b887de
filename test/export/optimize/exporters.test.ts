/** Graphs of every exporter end with the same few operators, and give what they gave, on every kind of padding. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import type { Graph, Model, Node, ValueType } from '../../../core/graph/ir.js';
import { float32, int64, tensor, type Tensor } from '../../../core/tensor.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions } from '../../../export/optimize/optimize.js';
import { type Target, targets } from '../../../export/optimize/rule.js';
import { fixtureUrl } from '../../fixture-url.js';

const encoder = { EmbedLayerNormalization: 1, Attention: 2, SkipLayerNormalization: 4, MatMul: 6, Gather: 1 };
const gelu = { ...encoder, Cast: 3, BiasGelu: 2, FusedGemm: 1, Gemm: 1 };
const relu = { ...encoder, Cast: 3, Add: 2, Relu: 2, FusedGemm: 1, Gemm: 1 };
// Rows that are masked throughout were given 0 by a guard, which stands behind the operator.
const guarded = { ...gelu, Cast: 4, ReduceMax: 1, Reshape: 1, Where: 2 };
// nn.TransformerEncoder, whatever stands first within it.
const transformer = {
  Gather: 1,
  Cast: 1,
  Attention: 2,
  MatMul: 7,
  SkipLayerNormalization: 4,
  BiasGelu: 2,
  Add: 1,
};
const states = { Gather: 1, Transpose: 2, LSTM: 1, Reshape: 1, Gemm: 1 };

const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  bert_eager_gelu_dyn20: gelu,
  bert_eager_gelu_ts17: gelu,
  bert_eager_relu_ts17: relu,
  bert_sdpa_gelu_dyn18: gelu,
  bert_sdpa_gelu_ts14: guarded,
  lstm_plain_ts: states,
  lstm_packed_ts: { ...states, Cast: 1 },
  lstm_stacked_packed_ts: { ...states, Cast: 1, LSTM: 2, Transpose: 3, Reshape: 2 },
  gru_packed_ts: { Gather: 1, Cast: 1, Transpose: 4, GRU: 1, Reshape: 2, ReduceMax: 1, Gemm: 2, Add: 1 },
  // Positions are counted from the ids that are no padding.
  roberta_eager_gelu_ts14: { ...gelu, Cast: 5, Equal: 1, Not: 1, CumSum: 1, Mul: 1, Add: 1 },
  paddle_ernie_relu_op17: { ...relu, Cast: 2 },
  transformer_ts17: transformer,
  transformer_bf_dyn18: transformer,
  // It looks back only, and at keys of another value.
  transformer_decoder_dyn18: {
    ...{ Gather: 1, Cast: 1, Attention: 1, MultiHeadAttention: 1, SkipLayerNormalization: 3 },
    ...{ MatMul: 8, Add: 5, Relu: 2 },
  },
  // A query that sees no key is given no number, as in the original.
  mha_causal_ts17: {
    ...{ Gather: 1, Cast: 2, Attention: 1, CumSum: 1, Reshape: 1, Where: 1 },
    ...{ MatMul: 2, Add: 2 },
  },
};

function countOf({ nodes }: Graph): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { opType } of nodes) count[opType] = (count[opType] ?? 0) + 1;
  return count;
}

async function optimized(name: string, target: Target = 'cpu') {
  return checked(decodeModel(await readFile(fixtureUrl(`onnx/${name}.onnx`))), target);
}

function checked(model: Model, target: Target = 'cpu') {
  const checks = { tolerance: 1e-4, inputs: {}, texts: [] };
  return optimizeChecked(model, { ...defaultOptions, target }, checks);
}

test.each(Object.entries(expected))('%s is fully fused', async (name, count) => {
  const { optimized: after, validation } = await optimized(name);
  expect(countOf(after.model.graph)).toEqual(count);
  expect(validation.difference).toBeLessThan(1e-5);
  // Its positions start behind the padding's, so rows as long as the table are too long.
  expect(validation.skipped).toHaveLength(name.startsWith('roberta') ? 2 : 0);
  expect(after.refusals).toEqual([]);
});

test.each(targets)('for %s an encoder runs on its engine', async (target) => {
  const { optimized: after, validation } = await optimized('bert_sdpa_gelu_ts14', target);
  expect(validation.difference).toBeLessThan(1e-5);
  expect(after.model.graph.nodes.some(({ opType }) => opType === 'FusedGemm')).toBe(target !== 'cuda');
});

test.each(['lstm_packed_ts', 'mha_causal_ts17', 'transformer_decoder_dyn18'])(
  'for the web %s runs on its engine',
  async (name) => {
    expect((await optimized(name, 'web')).validation.difference).toBeLessThan(1e-5);
  },
);

test('every rewrite names its rule, its step and its nodes', async () => {
  const { optimized: after } = await optimized('bert_eager_gelu_dyn20');
  expect(after.rewrites.map(({ step }) => step)).toEqual(after.rewrites.map((_, place) => place + 1));
  const attention = after.rewrites.filter(({ rule }) => rule === 'attention');
  const names = after.model.graph.nodes
    .filter(({ opType }) => opType === 'Attention')
    .map(({ name }) => name);
  expect(attention.map(({ added }) => added.at(-1)).sort()).toEqual(names.sort());
});

function graphOf(nodes: readonly Node[], initializers: readonly (readonly [string, Tensor])[] = []): Model {
  const type: ValueType = { dtype: 'float32', shape: ['batch_size', 4] };
  const graph: Graph = {
    name: 'g',
    inputs: ['x'],
    outputs: ['y'],
    nodes,
    initializers: new Map(initializers),
    types: new Map([
      ['x', type],
      ['y', type],
    ]),
  };
  return decodeModel(encodeModel({ graph }));
}

const nodeOf = (opType: string, inputs: readonly string[]): Node => ({
  name: 'n',
  domain: '',
  opType,
  inputs,
  outputs: ['y'],
  attributes: {},
});

test('a model that was exported for training is refused, with the node', async () => {
  const initializers = [
    ['ratio', float32([0.5], [])],
    ['training', tensor('bool', Uint8Array.of(1), [])],
  ] as const;
  const model = graphOf([nodeOf('Dropout', ['x', 'ratio', 'training'])], initializers);
  await expect(checked(model)).rejects.toMatchObject({
    code: 'optimizer_random',
    message: expect.stringContaining('Dropout n'),
  });
});

test('a model that runs on none of the inputs is not written unchecked', async () => {
  const model = graphOf([nodeOf('Reshape', ['x', 'target'])], [['target', int64([77, 4])]]);
  await expect(checked(model)).rejects.toMatchObject({ code: 'optimizer_unchecked' });
});

test('inputs whose axes have the names of another one are given its sizes', async () => {
  const builder = new GraphBuilder('g');
  const ops = new GraphOps(builder);
  const mask = builder.input('attention_mask', 'float32', ['batch', 'time']);
  const x = builder.input('x', 'float32', ['time', 'batch', 4]);
  builder.output('y', ops.mul(x, ops.unsqueeze(ops.transpose(mask, [1, 0]), [2])));
  const { validation } = await checked(decodeModel(encodeModel({ graph: builder.build() })));
  expect(validation.skipped).toEqual([]);
});
