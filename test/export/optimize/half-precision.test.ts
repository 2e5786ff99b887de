/** Graphs in half precision are compared as the numbers that they are. */
import { expect, test } from '@jest/globals';
import { float, int } from '../../../core/graph/attributes.js';
import { GraphBuilder } from '../../../core/graph/builder.js';
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import type { Model } from '../../../core/graph/ir.js';
import { toHalf } from '../../../core/half-tensor.js';
import { describeMachine } from '../../../core/machine.js';
import { float32, tensor, toNumbers } from '../../../core/tensor.js';
import { weightFormFor } from '../../../core/weight-form.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions } from '../../../export/optimize/optimize.js';
import { casesFor } from '../../../export/optimize/validate/cases.js';
import { planInputs } from '../../../export/optimize/validate/input-kinds.js';
import { validate } from '../../../export/optimize/validate/validate.js';
import { schemeOf } from '../../../export/quantize/schemes.js';
import { quantizeFile } from '../../../export/quantize/quantize-file.js';
import { graphModel } from '../../fixtures/graph-model.js';

const width = 64;

/** normalised(x W + x) of x [batch, 4, 64], with a scale of each channel. */
function normalizedSum(scale = 1): Model {
  const builder = new GraphBuilder('g');
  const half = (name: string, shape: readonly number[], value: (at: number) => number) =>
    builder.initializer(
      name,
      toHalf(
        float32(
          Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => value(at)),
          shape,
        ),
      ),
    );
  const x = builder.input('x', 'float16', ['batch', 4, width]);
  const [product] = builder.node('MatMul', [x, half('w', [width, width], (at) => Math.sin(at) / 10)]);
  const [sum] = builder.node('Add', [product!, x]);
  const parts = [sum!, half('scale', [width], () => scale), half('bias', [width], Math.sin)];
  const [y] = builder.node('LayerNormalization', parts, { attributes: { epsilon: float(1e-5) } });
  builder.output('y', y!);
  return graphModel(builder.build());
}

const checks = { tolerance: 1e-4, inputs: {}, texts: [] };

test('what is fused differs by the rounding of half numbers, which is allowed', async () => {
  const { optimized, validation } = await optimizeChecked(normalizedSum(), defaultOptions, checks);
  expect(optimized.model.graph.nodes.map(({ opType }) => opType)).toEqual([
    'MatMul',
    'SkipLayerNormalization',
  ]);
  expect(validation.tolerance).toBe(2e-3);
  expect(validation.difference).toBeLessThanOrEqual(2e-3);
});

test('a graph that gives other half numbers differs, by what the numbers are', async () => {
  const verdict = await validate(normalizedSum(), normalizedSum(1.01), { ...checks, target: 'cpu' });
  if (!('divergence' in verdict)) throw new Error('nothing differs');
  const { expected, difference, tolerance } = verdict.divergence;
  expect(Math.abs(expected)).toBeLessThan(10);
  expect(difference).toBeLessThan(0.1);
  expect(tolerance).toBe(2e-3);
});

test('inputs in half precision are numbers of both signs', () => {
  const [one] = casesFor(planInputs(normalizedSum().graph, {}), 8);
  const numbers = toNumbers(one!.feeds.x!);
  expect(new Set(numbers).size).toBeGreaterThan(20);
  expect(Math.min(...numbers)).toBeLessThan(-0.5);
  expect(Math.max(...numbers)).toBeLessThanOrEqual(1);
});

test('half precision is read as numbers', () => {
  expect(toNumbers(tensor('float16', Uint16Array.of(0x3c00, 0xc000, 0x3555), [3]))).toEqual([
    1, -2, 0.333251953125,
  ]);
});

/** x W of x [batch, 64] in single precision, given in another. */
function product(dtype: 'float16' | 'float32'): Model {
  const builder = new GraphBuilder('g');
  const x = builder.input('x', 'float32', ['batch', width]);
  const w = builder.initializer(
    'w',
    float32(
      Array.from({ length: width * width }, (_, at) => Math.sin(at) / 10),
      [width, width],
    ),
  );
  const [y] = builder.node('MatMul', [x, w]);
  builder.output('y', builder.node('Cast', [y!], { attributes: { to: int(onnxDataTypes[dtype]) } })[0]!);
  return graphModel(builder.build());
}

test('what quantisation changes of half outputs is told of numbers', async () => {
  const settings = { inputs: {}, texts: [], excluded: [], weights: weightFormFor(describeMachine()) };
  const scheme = schemeOf('int8-stored');
  const [half, single] = [
    await quantizeFile(product('float16'), { ...settings, scheme }),
    await quantizeFile(product('float32'), { ...settings, scheme }),
  ];
  expect(half.change.difference).toBeLessThan(single.change.difference + 2e-3);
  expect(half.change.difference).toBeGreaterThan(single.change.difference - 2e-3);
});
