/** Graphs of every exporter end with the same few operators, and give what they gave, on every kind of padding. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { decodeModel } from '../../../core/graph/onnx.js';
import type { Graph } from '../../../core/graph/ir.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions } from '../../../export/optimize/optimize.js';
import { type Target, targets } from '../../../export/optimize/rule.js';
import { fixtureUrl } from '../../fixture-url.js';

const encoder = { EmbedLayerNormalization: 1, Attention: 2, SkipLayerNormalization: 4, MatMul: 6, Gather: 1 };
const gelu = { ...encoder, Cast: 3, BiasGelu: 2, FusedGemm: 1, Gemm: 1 };
const relu = { ...encoder, Cast: 3, Add: 2, Relu: 2, FusedGemm: 1, Gemm: 1 };
// Rows that are masked throughout were given 0 by a guard, which stands behind the operator.
const guarded = { ...gelu, Cast: 4, ReduceMax: 1, Reshape: 1, Where: 2 };
const states = { Gather: 1, Transpose: 2, LSTM: 1, Reshape: 1, Gemm: 1 };

const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  bert_eager_gelu_dyn20: gelu,
  bert_eager_gelu_ts17: gelu,
  bert_eager_relu_ts17: relu,
  bert_sdpa_gelu_dyn18: gelu,
  bert_sdpa_gelu_ts14: guarded,
  lstm_plain_ts: states,
  lstm_packed_ts: { ...states, Cast: 1 },
  paddle_ernie_relu_op17: { ...relu, Cast: 2 },
};

function countOf({ nodes }: Graph): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { opType } of nodes) count[opType] = (count[opType] ?? 0) + 1;
  return count;
}

async function optimized(name: string, target: Target = 'cpu') {
  const model = decodeModel(await readFile(fixtureUrl(`onnx/${name}.onnx`)));
  const checks = { tolerance: 1e-4, inputs: {}, texts: [] };
  return optimizeChecked(model, { ...defaultOptions, target }, checks);
}

test.each(Object.entries(expected))('%s is fully fused', async (name, count) => {
  const { optimized: after, validation } = await optimized(name);
  expect(countOf(after.model.graph)).toEqual(count);
  expect(validation.difference).toBeLessThan(1e-5);
  expect(validation.skipped).toEqual([]);
  expect(after.refusals).toEqual([]);
});

test.each(targets)('for %s an encoder runs on its engine', async (target) => {
  const { optimized: after, validation } = await optimized('bert_sdpa_gelu_ts14', target);
  expect(validation.difference).toBeLessThan(1e-5);
  expect(after.model.graph.nodes.some(({ opType }) => opType === 'FusedGemm')).toBe(target !== 'cuda');
});

test('for the web an LSTM runs on its engine', async () => {
  expect((await optimized('lstm_packed_ts', 'web')).validation.difference).toBeLessThan(1e-5);
});

test('every rewrite names its rule, its step and its nodes', async () => {
  const { optimized: after } = await optimized('bert_eager_gelu_dyn20');
  expect(after.rewrites.map(({ step }) => step)).toEqual(after.rewrites.map((_, place) => place + 1));
  const attention = after.rewrites.filter(({ rule }) => rule === 'attention');
  const names = after.model.graph.nodes
    .filter(({ opType }) => opType === 'Attention')
    .map(({ name }) => name);
  expect(attention.map(({ added }) => added.at(-1)).sort()).toEqual(names.sort());
});
