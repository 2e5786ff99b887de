/** Every scheme over graphs of other exporters, as they are and optimised: near the original, and what it says it is. */
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeMachine } from '../../../core/machine.js';
import { openSession } from '../../../core/engines/session.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import type { Model } from '../../../core/graph/ir.js';
import { storedTensor } from '../../../core/graph/stored-parameters.js';
import { type Tensor, tensor, toNumbers } from '../../../core/tensor.js';
import { operatorName } from '../../../export/inspect/profile.js';
import { optimizeModel } from '../../../export/optimize/optimize.js';
import { caseOfTexts } from '../../../export/optimize/validate/cases.js';
import { planInputs } from '../../../export/optimize/validate/input-kinds.js';
import { quantizeFile } from '../../../export/quantize/quantize-file.js';
import { schemeOf, schemes } from '../../../export/quantize/schemes.js';
import { weightFormFor } from '../../../core/weight-form.js';
import { firstTokenClassifier } from '../../fixtures/first-token-classifier.js';
import { fixtureUrl } from '../../fixture-url.js';

/** Of this machine: 8 bits saturate where the CPU sums pairs of products in 16. */
const weights = weightFormFor(describeMachine());
const texts = [
  [2, 11, 7, 9, 3, 8],
  [2, 31, 5, 3],
  [2, 14, 15, 16, 17, 18, 19, 20, 3],
];
const settings = { weights, excluded: [], inputs: {}, texts };
const fixtures = ['bert_eager_gelu_ts17', 'bert_sdpa_gelu_dyn18', 'paddle_ernie_relu_op17', 'lstm_plain_ts'];
/** Of the largest output; the graphs' random weights have no structure that would hide rounding. */
const allowed: Readonly<Record<string, number>> = {
  int8: 0.08,
  'int8-calibrated': 0.08,
  int4: 0.5,
  'int8-stored': 0.05,
  'fp16-stored': 2e-3,
  fp16: 1e-2,
};

async function fixture(name: string): Promise<Model> {
  return decodeModel(await readFile(fixtureUrl(`onnx/${name}.onnx`)));
}

const cases = schemes.flatMap((scheme) =>
  fixtures
    .filter((name) => !(name.startsWith('lstm') && scheme.name === 'int4'))
    .map((name) => [scheme.name, name] as const),
);

test.each(cases)('%s of %s is near the original', async (scheme, name) => {
  for (const model of [await fixture(name), (await optimizeModel(await fixture(name))).model]) {
    const { quantized, change } = await quantizeFile(model, { ...settings, scheme: schemeOf(scheme) });
    expect(change.difference).toBeLessThan(allowed[scheme]!);
    expect(quantized.model.metadata.get('retort.scheme')).toBe(scheme);
  }
});

const older = schemes.flatMap(({ name }) => [9, 10, 11, 12, 13].map((opset) => [name, opset] as const));

test.each(older)('%s of a graph of opset %d is near the original', async (scheme, opset) => {
  const model = firstTokenClassifier(opset);
  const { change } = await quantizeFile(model, { ...settings, scheme: schemeOf(scheme) });
  expect(change.difference).toBeLessThan(allowed[scheme]!);
});

test('a constant stored in 16 bits is still found by its name', async () => {
  const { model } = await optimizeModel(await fixture('lstm_plain_ts'));
  const { quantized } = await quantizeFile(model, { ...settings, scheme: schemeOf('fp16-stored') });
  const stored = quantized.model.graph.initializers;
  expect([...stored.values()].some(({ dtype }) => dtype === 'float16')).toBe(true);
  for (const [name, value] of model.graph.initializers) {
    const found = storedTensor(stored, name)!;
    expect(found).toMatchObject({ dtype: value.dtype, shape: value.shape });
    const wanted = toNumbers(value);
    toNumbers(found).forEach((number, i) => expect(Math.abs(number - wanted[i]!)).toBeLessThan(1e-3));
  }
});

test('what is stored in 16 bits is quantised as what it stands for', async () => {
  const { model } = await optimizeModel(await fixture('lstm_plain_ts'));
  const halves = await quantizeFile(model, { ...settings, scheme: schemeOf('fp16-stored') });
  const { quantized, change } = await quantizeFile(halves.quantized.model, {
    ...settings,
    scheme: schemeOf('int8'),
  });
  expect(change.difference).toBeLessThan(allowed.int8!);
  expect(quantized.model.graph.nodes.map(({ opType }) => opType)).toContain('DynamicQuantizeLSTM');
  expect([...quantized.model.graph.initializers.values()].some(({ dtype }) => dtype === 'float16')).toBe(
    false,
  );
});

test('with fixed scales a row gives alone what it gives in a padded batch, but for a rounding; with scales of the batch it does not', async () => {
  const model = await fixture('bert_eager_gelu_ts17');
  const plans = planInputs(model.graph, {});
  const differences = [];
  for (const name of ['int8-calibrated', 'int8']) {
    const { quantized } = await quantizeFile(model, { ...settings, scheme: schemeOf(name) });
    const session = await openSession(encodeModel(quantized.model));
    const first = async (ids: number[][]) => {
      const found = await session.run(caseOfTexts(plans, ids).feeds);
      return rowOf(found[model.graph.outputs[0]!]!);
    };
    const [alone, beside] = [await first([long(24)]), await first([long(24), long(37), long(8)])];
    differences.push(Math.max(...alone.map((value, k) => Math.abs(value - beside[k]!))));
    await session.close();
  }
  const [fixed, dynamic] = differences;
  expect(fixed).toBeLessThan(1e-3);
  expect(dynamic).toBeGreaterThan(fixed!);
});

test('what a product reads has a fixed scale, also where the graph gives it out', async () => {
  const model = await fixture('bert_eager_gelu_ts17');
  const isProduct = ({ opType, inputs }: Model['graph']['nodes'][number]) =>
    opType === 'MatMul' && model.graph.initializers.has(inputs[1]!);
  const read = model.graph.nodes.filter(isProduct).map(({ inputs }) => inputs[0]!);
  const graph = { ...model.graph, outputs: [...new Set([...model.graph.outputs, ...read])] };
  const calibrated = schemeOf('int8-calibrated');
  const { quantized } = await quantizeFile({ ...model, graph }, { ...settings, scheme: calibrated });
  const operators = quantized.model.graph.nodes.map(({ opType }) => opType);
  expect(operators).toContain('QuantizeLinear');
  expect(operators).not.toContain('DynamicQuantizeLinear');
});

test('a constant that 16 bits cannot hold stays in 32', async () => {
  const { model } = await optimizeModel(await fixture('lstm_plain_ts'));
  const [name, value] = [...model.graph.initializers].find(([, { data }]) => data.length >= 1024)!;
  const data = Float32Array.from(toNumbers(value), (number, place) => (place === 0 ? 70_000 : number));
  const initializers = new Map([...model.graph.initializers, [name, tensor('float32', data, value.shape)]]);
  const graph = { ...model.graph, initializers };
  const { quantized } = await quantizeFile(
    { ...model, graph },
    { ...settings, scheme: schemeOf('fp16-stored') },
  );
  expect(quantized.model.graph.initializers.get(name)?.dtype).toBe('float32');
  expect(JSON.stringify(quantized.refusals)).toContain('beyond 65504');
});

function long(length: number): number[] {
  return Array.from({ length }, (_, place) => 4 + ((place * 37) % 50));
}

function rowOf(value: Tensor): number[] {
  return toNumbers(value).slice(
    0,
    value.shape.slice(1).reduce((product, size) => product * size, 1),
  );
}

test('an LSTM with fixed scales gives a row the same bits alone and beside longer, larger rows', async () => {
  const { model } = await optimizeModel(await fixture('lstm_packed_ts'));
  const { quantized } = await quantizeFile(model, { ...settings, scheme: schemeOf('int8-calibrated') });
  expect(quantized.rewrites.map(({ rule }) => rule)).toContain('fixed-scale-lstm');
  const session = await openSession(encodeModel(quantized.model));
  const plans = planInputs(model.graph, {});
  const first = async (ids: number[][]) =>
    rowOf((await session.run(caseOfTexts(plans, ids).feeds))[model.graph.outputs[0]!]!);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 2, max: 90 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.array(fc.integer({ min: 2, max: 90 }), { minLength: 1, maxLength: 30 }), { maxLength: 5 }),
      async (row, mates) => {
        expect(await first([row, ...mates])).toEqual(await first([row]));
      },
    ),
    { numRuns: 30 },
  );
  await session.close();
});

test('what is excluded stays', async () => {
  const model = await fixture('paddle_ernie_relu_op17');
  const node = model.graph.nodes.find(
    ({ opType, inputs }) =>
      opType === 'MatMul' && (model.graph.initializers.get(inputs[1]!)?.data.length ?? 0) > 1024,
  );
  const scheme = schemeOf('int8');
  const all = await quantizeFile(model, { ...settings, scheme });
  const some = await quantizeFile(model, { ...settings, scheme, excluded: [node?.name ?? ''] });
  const count = ({ graph }: Model) =>
    graph.nodes.filter(({ opType }) => opType === 'MatMulIntegerToFloat').length;
  expect(count(all.quantized.model)).toBeGreaterThan(0);
  expect(count(some.quantized.model)).toBe(count(all.quantized.model) - Number(node !== undefined));
});

test.each(['Attention', 'FusedGemm'])('an operator that is excluded stays as it is: %s', async (operator) => {
  const { model } = await optimizeModel(await fixture('bert_sdpa_gelu_dyn18'));
  const count = ({ graph }: Model) => graph.nodes.filter(({ opType }) => opType === operator).length;
  expect(count(model)).toBeGreaterThan(0);
  const options = { ...settings, scheme: schemeOf('int8'), excluded: [operator] };
  expect(count((await quantizeFile(model, options)).quantized.model)).toBe(count(model));
});

test('what is to be excluded and is not there is named', async () => {
  const options = { ...settings, scheme: schemeOf('int8'), excluded: ['MatMul', 'Atention'] };
  await expect(quantizeFile(await fixture('paddle_ernie_relu_op17'), options)).rejects.toMatchObject({
    code: 'quantize_exclusion_unknown',
    message: expect.stringContaining('Atention'),
  });
});

test('an LSTM becomes DynamicQuantizeLSTM, with scales by column or by direction', async () => {
  const model = await fixture('lstm_plain_ts');
  for (const perColumn of [true, false]) {
    const options = { ...settings, scheme: schemeOf('int8'), weights: { ...weights, perColumn } };
    const { quantized } = await quantizeFile(model, options);
    const lstm = quantized.model.graph.nodes.find(({ opType }) => opType === 'DynamicQuantizeLSTM');
    const scale = quantized.model.graph.initializers.get(lstm?.inputs[8] ?? '');
    expect(scale?.shape.length).toBe(perColumn ? 2 : 1);
  }
});

test('a graph without weights, a calibrated scheme without texts and an unknown scheme are refused', async () => {
  const model = await fixture('paddle_ernie_relu_op17');
  const scheme = schemeOf('int8');
  const { quantized } = await quantizeFile(model, { ...settings, scheme });
  await expect(quantizeFile(quantized.model, { ...settings, scheme })).rejects.toMatchObject({
    code: 'quantize_nothing',
  });
  await expect(
    quantizeFile(model, { ...settings, scheme: schemeOf('int8-calibrated'), texts: [] }),
  ).rejects.toMatchObject({ code: 'calibration_missing' });
  expect(() => schemeOf('int3')).toThrow(expect.objectContaining({ code: 'scheme_unknown' }));
});

test('computed in 16 bits, nothing but the logits and what is refused is of 32', async () => {
  const { model } = await optimizeModel(await fixture('bert_eager_gelu_ts17'));
  const { quantized } = await quantizeFile(model, { ...settings, scheme: schemeOf('fp16') });
  const { nodes, outputs, types, initializers } = quantized.model.graph;
  const wide = nodes.flatMap((node) => node.outputs).filter((name) => types.get(name)?.dtype === 'float32');
  expect(wide).toEqual(outputs);
  expect([...initializers.values()].some(({ dtype }) => dtype === 'float32')).toBe(false);
});

test('an operator with a constant that 16 bits cannot hold stays in fp32, and says so', async () => {
  const { model } = await optimizeModel(await fixture('lstm_plain_ts'));
  const name = model.graph.nodes.find(({ opType }) => opType === 'Gemm' || opType === 'FusedGemm')!
    .inputs[2]!;
  const bias = model.graph.initializers.get(name)!;
  const huge = tensor('float32', new Float32Array(bias.data.length).fill(1e6), bias.shape);
  const initializers = new Map([...model.graph.initializers, [name, huge]]);
  const { quantized } = await quantizeFile(
    { ...model, graph: { ...model.graph, initializers } },
    { ...settings, scheme: schemeOf('fp16') },
  );
  expect(quantized.refusals.map(({ reason }) => reason)).toContain('a constant is beyond 65504');
  expect(quantized.model.graph.initializers.get(name)?.dtype).toBe('float32');
});

test.each(['int8', 'int8-calibrated', 'int4'])(
  '%s has the quicker attention, unless it may not',
  async (name) => {
    const { model } = await optimizeModel(await fixture('bert_sdpa_gelu_dyn18'));
    const attentionOf = async (options: object) => {
      const { quantized } = await quantizeFile(model, { ...settings, scheme: schemeOf(name), ...options });
      const found = quantized.model.graph.nodes.map(operatorName).filter((one) => one.endsWith('Attention'));
      return [quantized.model.opsets.get(''), [...new Set(found)]];
    };
    expect(await attentionOf({})).toEqual([23, ['Attention']]);
    for (const options of [{ opset: 18 }, { excluded: ['MultiHeadAttention'] }])
      expect(await attentionOf(options)).toEqual([18, ['com.microsoft:MultiHeadAttention']]);
  },
);
