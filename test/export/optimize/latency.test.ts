/** The form that runs fastest on CPU: what a fused graph becomes, and that it computes the same. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { openSession } from '../../../core/engines/session.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import type { Model } from '../../../core/graph/ir.js';
import { tally } from '../../../core/tally.js';
import { int32, int64, toNumbers } from '../../../core/tensor.js';
import { applyRules } from '../../../export/optimize/apply-rules.js';
import { GraphEditor } from '../../../export/optimize/editor.js';
import { Steps } from '../../../export/optimize/rule.js';
import { openEmbedding } from '../../../export/optimize/rules/open-embedding.js';
import { openGemm } from '../../../export/optimize/rules/open-gemm.js';
import { operatorName } from '../../../export/inspect/profile.js';
import { defaultOptions, optimizeModel } from '../../../export/optimize/optimize.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { validate } from '../../../export/optimize/validate/validate.js';
import { fixtureUrl } from '../../fixture-url.js';
import { firstTokenClassifier } from '../../fixtures/first-token-classifier.js';
import { smallEncoder } from '../../fixtures/small-models.js';

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
  const last = after.graph.nodes.findLast(({ opType }) => opType === 'Attention');
  const [query = '', key = ''] = last?.inputs ?? [];
  expect(after.graph.types.get(query)?.shape?.[1]).not.toBe('sequence_length');
  expect(after.graph.types.get(key)?.shape?.[1]).toBe('sequence_length');
});

test.each([9, 10, 11, 12, 13])('the first token is taken in the form of opset %d', async (opset) => {
  const checks = { tolerance: 1e-5, inputs: {}, texts };
  const { optimized } = await optimizeChecked(firstTokenClassifier(opset), forLatency, checks);
  const rules = optimized.rewrites.map(({ rule }) => rule);
  const refusals = optimized.refusals.map(({ reason }) => reason);
  if (opset < 10) expect(refusals).toContain('opset 9 has no Slice with bounds as inputs');
  else expect(rules).toContain('first-token');
});

test('no operator is left whose kernel is slower than those of its parts', async () => {
  const { model } = await optimizeModel(await fixture('bert_eager_gelu_ts17'), forLatency);
  const operators = new Set(model.graph.nodes.map(operatorName));
  for (const slow of ['SkipLayerNormalization', 'BiasGelu', 'Attention', 'MultiHeadAttention'])
    expect(operators).not.toContain(`com.microsoft:${slow}`);
});

test('attention of an own network, whose mask is the lengths of rows, is opened too', async () => {
  const model = decodeModel(smallEncoder());
  const { model: after } = await optimizeModel(model, forLatency);
  const operators = after.graph.nodes.map(operatorName);
  expect(operators).toContain('Attention');
  expect(operators).not.toContain('com.microsoft:Attention');
  const checks = { target: defaultOptions.target, tolerance: 1e-5, inputs: {}, texts: [] };
  expect('validation' in (await validate(model, after, checks))).toBe(true);
});

test.each([
  ['mha_causal_ts17', { 'com.microsoft:MultiHeadAttention': 1 }],
  ['transformer_decoder_dyn18', { 'com.microsoft:MultiHeadAttention': 2 }],
])('attention of %s that looks back only is opened too', async (name, count) => {
  const model = await fixture(name);
  const { model: after } = await optimizeModel(model, forLatency);
  const found = after.graph.nodes.map(operatorName).filter((one) => one.endsWith('Attention'));
  expect(tally(found)).toEqual(count);
  const checks = { target: defaultOptions.target, tolerance: 1e-4, inputs: {}, texts: [] };
  expect('validation' in (await validate(model, after, checks))).toBe(true);
});

const ids = int64([1, 2, 3, 4, 5, 6, 6, 0], [2, 4]);

test.each([
  ['lengths and ids', 'open-embedding', 'EmbedLayerNormalization'],
  ['a hidden layer of rows', 'open-gemm', 'FusedGemm'],
])('%s stand open again by %s', async (_what, rule, operator) => {
  const rules = [openEmbedding, openGemm].filter(({ name }) => name === rule);
  const { model } = await optimizeModel(decodeModel(smallEncoder()));
  const editor = new GraphEditor(model.graph);
  const setting = { target: 'cpu', opset: 17, contrib: true } as const;
  applyRules(editor, rules, setting, new Steps());
  const opened = { ...model, graph: editor.build() };
  expect(model.graph.nodes.map(({ opType }) => opType)).toContain(operator);
  expect(opened.graph.nodes.map(({ opType }) => opType)).not.toContain(operator);
  const run = async (one: Model) => {
    const session = await openSession(encodeModel(one), { optimization: 'disabled' });
    const { logits } = await session.run({ input_ids: ids, sequence_lengths: int32([4, 3]) });
    await session.close();
    return toNumbers(logits!);
  };
  const [before, now] = [await run(model), await run(opened)];
  now.forEach((value, place) => expect(value).toBeCloseTo(before[place]!, 5));
});
