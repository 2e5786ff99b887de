/** A graph of one opset as another has it: it computes the same, or is refused by the node that cannot be written. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { openSession } from '../../../core/engines/session.js';
import { float, int, ints, text } from '../../../core/graph/attributes.js';
import type { Attribute, Graph, Model, Node, ValueType } from '../../../core/graph/ir.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import {
  bytesPerElement,
  float32,
  int64,
  type Tensor,
  tensor,
  tensorOfBuffer,
  toNumbers,
} from '../../../core/tensor.js';
import { convertModel } from '../../../export/opset/convert.js';
import { defaultOptions, optimizeModel } from '../../../export/optimize/optimize.js';
import { validate } from '../../../export/optimize/validate/validate.js';
import { fixtureUrl } from '../../fixture-url.js';

const fixtures = [
  'bert_eager_gelu_dyn20',
  'bert_eager_gelu_ts17',
  'lstm_packed_ts',
  'paddle_ernie_relu_op17',
];
const cases = fixtures.flatMap((name) => [13, 18, 24].map((opset) => [name, opset] as const));

test.each(cases)('%s for opset %d computes the same, optimised or not', async (name, opset) => {
  const model = decodeModel(await readFile(fixtureUrl(`onnx/${name}.onnx`)));
  const forms = [
    convertModel(model, opset, { contrib: false }),
    (await optimizeModel(model, { ...defaultOptions, opset })).model,
  ];
  for (const form of forms) {
    expect(form.opsets.get('')).toBe(opset);
    const verdict = await validate(model, form, { target: 'cpu', tolerance: 1e-4, inputs: {}, texts: [] });
    expect('validation' in verdict).toBe(true);
  }
});

type Spec = readonly [
  opType: string,
  inputs: readonly (string | Tensor)[],
  attributes?: Readonly<Record<string, Attribute>>,
  outputs?: number,
];

/** x [2, 6], x3 [2, 3, 4], x4 [1, 1, 4, 6] and the last outputs of the nodes before. */
function graphOf(specs: readonly Spec[]): Graph {
  const initializers = new Map<string, Tensor>();
  const outputs: string[] = [];
  const nodes = specs.map(([opType, inputs, attributes = {}, count = 1], place): Node => {
    const names = inputs.map((input, k) => {
      if (typeof input === 'string') return input;
      initializers.set(`c${place}_${k}`, input);
      return `c${place}_${k}`;
    });
    const own = Array.from({ length: count }, (_, k) => `y${place}_${k}`);
    outputs.push(...own);
    return { name: `n${place}`, domain: '', opType, inputs: names, outputs: own, attributes };
  });
  return {
    name: 'g',
    inputs: ['x', 'x3', 'x4'],
    outputs,
    nodes,
    initializers,
    types: new Map<string, ValueType>([
      ['x', { dtype: 'float32', shape: [2, 6] }],
      ['x3', { dtype: 'float32', shape: [2, 3, 4] }],
      ['x4', { dtype: 'float32', shape: [1, 1, 4, 6] }],
      ...outputs.map((name): [string, ValueType] => [name, { dtype: 'float32', shape: null }]),
    ]),
  };
}

function modelOf(specs: readonly Spec[], opset: number): Model {
  return { ...decodeModel(encodeModel({ graph: graphOf(specs), opset, irVersion: 8 })) };
}

async function run({ graph, opsets, irVersion }: Model): Promise<number[][]> {
  const session = await openSession(encodeModel({ graph, opsets, irVersion }), { optimization: 'disabled' });
  const numbers = (size: number) => Float32Array.from({ length: size }, (_, k) => Math.sin(k + 1) * 3);
  const found = await session.run({
    x: float32(numbers(12), [2, 6]),
    x3: float32(numbers(24), [2, 3, 4]),
    x4: float32(numbers(24), [1, 1, 4, 6]),
  });
  await session.close();
  return graph.outputs.map((name) => toNumbers(found[name]!));
}

/** Of 6 channels: scale, bias, mean and variance. */
const channels = [0.5, 1, 2, 3].map((by) => float32([1, 2, 3, 4, 5, 6].map((value) => value * by)));

/** In the form of opset 9, 11, 12 and 20, from the one to the other. */
const forms: Readonly<Record<number, readonly Spec[]>> = {
  9: [
    ['Slice', ['x'], { starts: ints([1]), ends: ints([3]), axes: ints([1]) }],
    ['Clip', ['x'], { min: float(-1), max: float(0.5) }],
    ['Pad', ['x'], { pads: ints([0, 1, 0, 1]), value: float(2) }],
  ],
  11: [
    ['BatchNormalization', ['x', ...channels]],
    ['Resize', ['x4', float32([]), float32([1, 1, 2, 2])], { mode: text('linear') }],
    [
      'RoiAlign',
      ['x4', float32([1, 1, 3, 3], [1, 4]), int64([0])],
      { output_height: int(2), output_width: int(2), sampling_ratio: int(2) },
    ],
  ],
  12: [
    ['Unsqueeze', ['x'], { axes: ints([1]) }],
    ['Squeeze', ['y0_0'], { axes: ints([1]) }],
    ['ReduceSum', ['x'], { axes: ints([1]), keepdims: int(0) }],
    ['ReduceMax', ['x'], { axes: ints([-1]) }],
    ['Split', ['x'], { axis: int(1), split: ints([2, 4]) }, 2],
    ['Split', ['x'], { axis: int(1) }, 3],
    ['Softmax', ['x']],
    ['Softmax', ['x3'], { axis: int(2) }],
    ['Clip', ['x', '', float32([0.5], [])]],
  ],
  20: [
    ['LayerNormalization', ['x', float32([1, 2, 3, 4, 5, 6]), float32([0, 1, 0, 1, 0, 1])]],
    ['LayerNormalization', ['x', float32([1, 2, 3, 4, 5, 6])], { epsilon: float(0.1) }],
    ['Gelu', ['x']],
    ['Split', ['x'], { axis: int(1), num_outputs: int(2) }, 2],
    ['Softmax', ['x3']],
    ['ReduceMean', ['x', int64([1])], { noop_with_empty_axes: int(0) }],
    ['Reshape', ['x', int64([3, 4])], { allowzero: int(0) }],
  ],
};

describe.each(Object.entries(forms))('a graph of opset %s', (from, specs) => {
  // Resize of 10 is another one, and the runtime has no kernel for RoiAlign of 22.
  const targets = [9, 11, 12, 13, 17, 18, 20, 23].filter((to) => from !== '11' || (to >= 11 && to < 22));
  test.each(targets)('for opset %d', async (to) => {
    const model = modelOf(specs, Number(from));
    const converted = convertModel(model, to, { contrib: false });
    const [found, expected] = [(await run(converted)).flat(), (await run(model)).flat()];
    expect(found.length).toBe(expected.length);
    for (const [place, value] of expected.entries()) expect(found[place]).toBeCloseTo(value, 5);
  });
});

const refusals: Readonly<Record<string, readonly [Spec[], number, number, RegExp]>> = {
  'a softmax over axes that newer ones do not join': [
    [['Softmax', ['x3']]],
    12,
    13,
    /n0 .Softmax.* last axis/,
  ],
  'a softmax over another axis': [[['Softmax', ['x3'], { axis: int(0) }]], 13, 12, /last axis/],
  'axes that are computed': [
    [
      ['Cast', ['x'], { to: int(7) }],
      ['ReduceSum', ['x3', 'y0_0']],
    ],
    13,
    12,
    /y0_0.*no constant/,
  ],
  'an operator that came later': [[['HardSwish', ['x']]], 14, 13, /came with opset 14/],
  'Gelu with tanh without com.microsoft': [[['Gelu', ['x'], { approximate: text('tanh') }]], 20, 17, /tanh/],
  'an attribute that says more': [
    [['Reshape', ['x', int64([0, 4])], { allowzero: int(1) }]],
    14,
    13,
    /empty axis/,
  ],
  'a padding of some axes': [
    [['Pad', ['x', int64([1, 1]), '', int64([1])]]],
    18,
    17,
    /n0 .Pad.*c0_3 came with opset 18/,
  ],
  'a dropout with a seed': [[['Dropout', ['x'], { seed: int(1) }]], 13, 11, /n0 .Dropout.*seed/],
  'a dropout that is trained': [
    [['Dropout', ['x', float32([0.5], []), tensor('bool', Uint8Array.of(1), [])]]],
    13,
    11,
    /n0 .Dropout.*c0_2 has no place/,
  ],
  'a product without a third input': [[['Gemm', ['x', 'x'], { transB: int(1) }]], 13, 9, /n0 .Gemm.*C/],
  'bounds of integers': [[['Clip', ['x', int64([1], [])]]], 12, 10, /n0 .Clip.*floating-point/],
  'statistics of a normalisation': [
    [['BatchNormalization', ['x', ...channels], {}, 2]],
    13,
    14,
    /n0 .BatchNormalization.*statistics/,
  ],
  'regions by the centres of pixels': [
    [['RoiAlign', ['x4', float32([1, 1, 5, 5], [1, 4]), int64([0])]]],
    16,
    15,
    /n0 .RoiAlign.*centres/,
  ],
  'a resize without a region': [
    [['Resize', ['x4', '', float32([1, 1, 2, 2])]]],
    13,
    12,
    /n0 .Resize.*region/,
  ],
  'a slice with steps': [
    [['Slice', ['x', int64([0]), int64([4]), int64([1]), int64([2])]]],
    10,
    9,
    /no place/,
  ],
  'a change that is not written': [
    [['Upsample', ['x'], { scales: { kind: 'floats', value: [1, 2] } }]],
    7,
    13,
    /9/,
  ],
};

test.each(Object.entries(refusals))('%s is refused', (_what, [specs, from, to, message]) => {
  const model = { ...modelOf([], from), graph: graphOf(specs) };
  expect(() => convertModel(model, to, { contrib: false })).toThrow(
    expect.objectContaining({ code: 'opset_unconvertible', message: expect.stringMatching(message) }),
  );
});

test.each([
  ['float16', 'Clip', { min: float(-0.5), max: float(0.5) }],
  ['float16', 'Pad', { pads: ints([0, 1, 0, 1]), value: float(0.25) }],
  ['float64', 'Pad', { pads: ints([0, 1, 0, 1]), value: float(0.25) }],
] as const)('bounds that become inputs are %s, of %s', async (dtype, opType, attributes) => {
  const graph: Graph = {
    ...graphOf([[opType, ['h'], attributes]]),
    inputs: ['h'],
    types: new Map([
      ['h', { dtype, shape: [2, 6] }],
      ['y0_0', { dtype, shape: null }],
    ]),
  };
  const converted = convertModel({ ...modelOf([], 10), graph }, 13, { contrib: false });
  const session = await openSession(encodeModel(converted), { optimization: 'disabled' });
  const h = tensorOfBuffer(dtype, new ArrayBuffer(12 * bytesPerElement[dtype]), [2, 6]);
  const { y0_0: y } = await session.run({ h });
  await session.close();
  expect(y!.dtype).toBe(dtype);
  expect(toNumbers(y!)[0]).toBe(opType === 'Pad' ? 0.25 : 0);
});

test('a subgraph that would have to change is refused, and another is left alone', () => {
  const branch = (opType: string): Attribute => ({
    kind: 'graph',
    value: { ...graphOf([[opType, ['x']]]), inputs: [] },
  });
  const conditional = (opType: string): Model => ({
    ...modelOf([], 12),
    graph: graphOf([['If', ['c'], { then_branch: branch(opType), else_branch: branch(opType) }]]),
  });
  expect(() => convertModel(conditional('Squeeze'), 13, { contrib: true })).toThrow(/subgraph has Squeeze/);
  expect(convertModel(conditional('Relu'), 13, { contrib: true }).opsets.get('')).toBe(13);
});
