/** The form that runs fastest on CPU: what a fused graph becomes, and that it computes the same. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { decodeModel } from '../../../core/graph/onnx.js';
import type { Model } from '../../../core/graph/ir.js';
import { defaultOptions, optimizeModel } from '../../../export/optimize/optimize.js';
import { validate } from '../../../export/optimize/validate/validate.js';
import { fixtureUrl } from '../../fixture-url.js';

const forLatency = { ...defaultOptions, latency: true };
const texts = [
  [2, 11, 7, 9, 3, 8],
  [2, 31, 5, 3],
  [2, 14, 15, 16, 17, 18, 19, 20, 3],
];
const fixtures = ['bert_eager_gelu_ts17', 'bert_sdpa_gelu_dyn18', 'paddle_ernie_relu_op17', 'lstm_plain_ts'];

async function fixture(name: string): Promise<Model> {
  return decodeModel(await readFile(fixtureUrl(`onnx/${name}.onnx`)));
}

test.each(fixtures)('the form for latency of %s computes the same', async (name) => {
  const model = await fixture(name);
  const { model: after } = await optimizeModel(model, forLatency);
  const verdict = await validate(model, after, {
    target: defaultOptions.target,
    tolerance: 1e-4,
    inputs: {},
    texts,
  });
  expect('validation' in verdict).toBe(true);
});

test('the last layer of a classifier over the first token computes that token alone', async () => {
  const { model: after, rewrites } = await optimizeModel(await fixture('bert_eager_gelu_ts17'), forLatency);
  expect(rewrites.some(({ rule }) => rule === 'first-token')).toBe(true);
  const last = after.graph.nodes.findLast(({ opType }) => opType === 'MultiHeadAttention');
  const [query = '', key = ''] = last?.inputs ?? [];
  expect(after.graph.types.get(query)?.shape?.[1]).not.toBe('sequence_length');
  expect(after.graph.types.get(key)?.shape?.[1]).toBe('sequence_length');
});

test('no operator is left whose kernel is slower than those of its parts', async () => {
  const { model } = await optimizeModel(await fixture('bert_eager_gelu_ts17'), forLatency);
  const operators = new Set(model.graph.nodes.map(({ opType }) => opType));
  for (const slow of ['SkipLayerNormalization', 'BiasGelu', 'Attention'])
    expect(operators).not.toContain(slow);
});
