/** Graphs that are almost what a rule looks for, on inputs on which that shows: they give what they gave. */
import { expect, test } from '@jest/globals';
import { int, ints } from '../../../core/graph/attributes.js';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Dimension, Model } from '../../../core/graph/ir.js';
import { openSession } from '../../../core/engines/session.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import { float32, int64, type Tensor } from '../../../core/tensor.js';
import { quantizeModel } from '../../../export/quantize/quantize.js';
import { schemeOf } from '../../../export/quantize/schemes.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions, type OptimizeOptions, optimizeModel } from '../../../export/optimize/optimize.js';
import { graphModel } from '../../fixtures/graph-model.js';

interface Parts {
  readonly builder: GraphBuilder;
  readonly ops: GraphOps;
  readonly input: (name: string, dtype: 'float32' | 'int64', shape: readonly Dimension[]) => GraphValue;
  readonly floats: (data: readonly number[], shape?: readonly number[]) => GraphValue;
  readonly integers: (data: readonly number[], shape?: readonly number[]) => GraphValue;
  readonly one: (opType: string, ...inputs: readonly GraphValue[]) => GraphValue;
}

function modelOf(build: (parts: Parts) => GraphValue): Model {
  const builder = new GraphBuilder('g');
  const ops = new GraphOps(builder);
  const y = build({
    builder,
    ops,
    input: (name, dtype, shape) => builder.input(name, dtype, shape),
    floats: (data, shape) => ops.constant(float32([...data], shape)),
    integers: (data, shape) => ops.constant(int64([...data], shape)),
    one: (opType, ...inputs) => builder.node(opType, inputs)[0]!,
  });
  builder.output('y', y);
  const opsets = new Map([
    ['', 17],
    ['com.microsoft', 1],
  ]);
  return graphModel(builder.build(), { opsets });
}

async function outputOf(model: Model, feeds: Readonly<Record<string, Tensor>>) {
  const session = await openSession(encodeModel(model), { optimization: 'disabled' });
  try {
    const { shape, data } = (await session.run(feeds)).y!;
    return { shape, data: Array.from(data, Number) };
  } finally {
    await session.close();
  }
}

async function expectSame(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
  options: Partial<OptimizeOptions> = {},
) {
  const { model: after, refusals } = await optimizeModel(model, { ...defaultOptions, ...options });
  expect(await outputOf(after, feeds)).toEqual(await outputOf(model, feeds));
  return refusals.map(({ reason }) => reason);
}

test('ids that are compared as floating-point numbers are no mask of 0 and 1', async () => {
  const model = modelOf(({ input, ops, floats }) => {
    const ids = input('ids', 'int64', ['batch', 'time']);
    const isEnd = ops.equal(ops.cast(ids, 'float32'), floats([50256], []));
    return ops.where(isEnd, floats([0], [1, 1]), ops.cast(ids, 'float32'));
  });
  await expectSame(model, { ids: int64([5, 50256], [1, 2]) });
});

test('integers of a table that are cast are no mask of 0 and 1', async () => {
  const model = modelOf(({ input, ops, floats, integers }) => {
    const ids = input('ids', 'int64', ['batch', 'time']);
    const found = ops.cast(ops.gather(integers([0, 3, 1, 7, 5, 2]), ids, 0), 'float32');
    return ops.where(ops.equal(found, floats([3], [])), floats([9], [1, 1]), ops.sqrt(found));
  });
  await expectSame(model, { ids: int64([1, 2], [1, 2]) });
});

test('what is infinite times 0 is no number', async () => {
  const model = modelOf(({ input, ops, floats }) => {
    const [x, z] = [input('x', 'float32', ['n', 2]), input('z', 'float32', ['n', 2])];
    return ops.add(ops.mul(x, floats([0], [])), ops.tanh(z));
  });
  await expectSame(model, { x: float32([Infinity, 2], [1, 2]), z: float32([3, 4], [1, 2]) });
});

test('lengths that are summed one after another are not one number many times', async () => {
  const model = modelOf(({ input, ops, floats, integers, one }) => {
    const x = input('x', 'float32', [4, 3, 2]);
    const lengths = ops.cast(one('CumSum', ops.shape(x), integers([0], [])), 'float32');
    return ops.add(lengths, ops.mul(ops.gather(ops.reshape(x, [-1]), integers([0]), 0), floats([2], [])));
  });
  await expectSame(model, { x: float32(new Array<number>(24).fill(0), [4, 3, 2]) });
});

test('what softmax makes of an infinite row is no number, times 0 too', async () => {
  const model = modelOf(({ input, ops, floats }) => {
    const [x, z] = [input('x', 'float32', [1, 2]), input('z', 'float32', [1, 2])];
    return ops.add(ops.mul(ops.softmax(x, -1), floats([0], [])), ops.tanh(z));
  });
  await expectSame(model, { x: float32([-Infinity, -Infinity], [1, 2]), z: float32([3, 4], [1, 2]) });
});

test('axes that are made one are told of no rows too', async () => {
  const model = modelOf(({ input, ops, builder }) => {
    const [flat] = builder.node('Flatten', [input('x', 'float32', ['n', 'm', 4])]);
    return ops.relu(ops.unsqueeze(flat!, [1]));
  });
  await expectSame(model, { x: float32([], [0, 3, 4]) });
});

test('a slice up to another length may be shorter than it', async () => {
  const model = modelOf(({ input, ops, integers, builder }) => {
    const [x, w] = [input('x', 'float32', ['n', 'h']), input('w', 'float32', ['k', 'h'])];
    const shape = ops.shape(w);
    const rows = ops.gather(shape, integers([0]), 0);
    const [first] = builder.node('Slice', [x, integers([0]), rows, integers([0])]);
    return ops.relu(ops.expand(first!, shape));
  });
  await expectSame(model, { x: float32([1, 2], [1, 2]), w: float32([1, 2, 3, 4, 5, 6], [3, 2]) });
});

test('a graph may ask whether there are rows', async () => {
  const model = modelOf(({ input, ops, integers, floats, builder }) => {
    const x = input('x', 'float32', ['n', 2]);
    const rows = ops.gather(ops.shape(x), integers([0], []), 0);
    const [sum] = builder.node('ReduceSum', [x], { attributes: { keepdims: int(0) } });
    return ops.where(ops.equal(rows, integers([0], [])), floats([-1], []), sum!);
  });
  await expectSame(model, { x: float32([], [0, 2]) });
  await expectSame(model, { x: float32([1, 2], [1, 2]) });
});

test('directions of no rows are joined', async () => {
  const model = modelOf(({ input, ops, integers }) => {
    const x = input('x', 'float32', [2, 'n', 4]);
    const part = (place: number) => ops.gather(x, integers([place], []), 0);
    return ops.concat([part(0), part(1)], 1);
  });
  await expectSame(model, { x: float32([], [2, 0, 4]) });
  await expectSame(model, {
    x: float32(
      Array.from({ length: 16 }, (_, at) => at),
      [2, 2, 4],
    ),
  });
});

/** A mask that is cropped to the length of the ids, and looked up in two tables. */
function cropping(): Model {
  return modelOf(({ input, ops, integers, floats, builder }) => {
    const ids = input('input_ids', 'int64', ['input_ids_dim_0', 'input_ids_dim_1']);
    const mask = input('attention_mask', 'int64', [null, null]);
    const length = ops.gather(ops.shape(ids), integers([1]), 0);
    const [cropped] = builder.node('Slice', [mask, integers([0]), length, integers([1])]);
    const table = (rows: number) =>
      floats(
        Array.from({ length: rows * 64 }, (_, at) => Math.sin(at)),
        [rows, 64],
      );
    return ops.matMul(ops.gather(table(2), cropped!, 0), table(64));
  });
}

test('inputs whose lengths have no names are of lengths of their own for quantisation', async () => {
  const weights = { type: 'uint8', bits: 7, perColumn: true } as const;
  const options = { scheme: schemeOf('int8'), weights, excluded: [], calibration: [] };
  const { model } = await quantizeModel(cropping(), options);
  const feeds = { input_ids: int64([1, 2], [1, 2]), attention_mask: int64([1, 1, 1, 1], [1, 4]) };
  expect((await outputOf(model, feeds)).shape).toEqual([1, 2, 64]);
});

test('inputs whose lengths have no names may be of unlike lengths', async () => {
  const checks = { tolerance: 0, inputs: {}, texts: [] };
  const { optimized, validation } = await optimizeChecked(cropping(), defaultOptions, checks);
  expect(optimized.model.graph.nodes.map(({ opType }) => opType)).toContain('Slice');
  expect(validation.skipped).toEqual([]);
  expect(validation.cases).toContain("rows of unlike lengths, the last input's the longest");
});

/** Of two kinds of rows the mean of each, the first as often as there are of the second. */
function paired(): Model {
  return modelOf(({ builder, input, ops, floats }) => {
    const table = floats(
      Array.from({ length: 80 }, (_, at) => Math.sin(at)),
      [10, 8],
    );
    const mean = (name: string) =>
      builder.node('ReduceMean', [ops.gather(table, input(name, 'int64', ['?', '?']), 0)], {
        attributes: { axes: ints([1]), keepdims: int(0) },
      })[0]!;
    const [question, answers] = [mean('q'), mean('d')];
    return ops.concat([ops.expand(question, ops.shape(answers)), answers], 1);
  });
}

test('inputs whose batches have no names may be of unlike batches', async () => {
  const checks = { tolerance: 1e-5, inputs: {}, texts: [] };
  const model = paired();
  const { optimized, validation } = await optimizeChecked(model, defaultOptions, checks);
  expect(optimized.model.graph.nodes.map(({ opType }) => opType)).toContain('Expand');
  expect(validation.cases).toContain('one row of q beside three');
  const feeds = { q: int64([1, 2, 3], [1, 3]), d: int64([1, 2, 3, 4, 5, 6], [3, 2]) };
  expect((await outputOf(optimized.model, feeds)).shape).toEqual([3, 16]);
});

test('rows of ids and their mask, of one length, are taken to be of one batch', async () => {
  const model = modelOf(({ input, ops, floats }) => {
    const [ids, mask] = [
      ops.cast(input('input_ids', 'int64', ['?', '?']), 'float32'),
      input('attention_mask', 'int64', ['?', '?']),
    ];
    const spread = ops.expand(ops.cast(mask, 'float32'), ops.shape(ids));
    return ops.mul(ops.add(ids, floats([1])), spread);
  });
  const checks = { tolerance: 1e-5, inputs: {}, texts: [] };
  const { optimized } = await optimizeChecked(model, defaultOptions, checks);
  expect(optimized.model.graph.nodes.map(({ opType }) => opType)).not.toContain('Expand');
});

test('inputs and outputs keep the names of their axes, and stay without one', async () => {
  const { graph } = paired();
  const types = new Map([...graph.types, ['y', { dtype: 'float32', shape: ['rows', null] }]] as const);
  const model: Model = { ...paired(), graph: { ...graph, types } };
  const { model: after } = await optimizeModel(model);
  expect(after.graph.types.get('q')).toEqual({ dtype: 'int64', shape: ['?', '?'] });
  expect(after.graph.types.get('y')).toEqual({ dtype: 'float32', shape: ['rows', null] });
});

test('axes without a name are like no other', async () => {
  const model = modelOf(({ input, ops }) => {
    const [x, z] = [input('x', 'float32', ['?', '?']), input('z', 'float32', ['?', '?'])];
    return ops.relu(ops.expand(x, ops.shape(z)));
  });
  await expectSame(model, { x: float32([1, 2], [1, 2]), z: float32([1, 2, 3, 4, 5, 6], [3, 2]) });
});

test('a scale with axes of 1 is none of SkipLayerNormalization', async () => {
  const model = modelOf(({ input, ops, floats }) => {
    const [x, w] = [input('x', 'float32', ['n', 'm', 4]), input('w', 'float32', ['n', 'm', 4])];
    const [scale, bias] = [floats([1, 2, 3, 4], [1, 1, 4]), floats([4, 3, 2, 1], [1, 1, 4])];
    return ops.layerNormalization(ops.add(x, w), scale, bias, 1e-5);
  });
  const feeds = { x: float32([1, 2, 3, 5], [1, 1, 4]), w: float32([1, 2, 3, 9], [1, 1, 4]) };
  expect(await expectSame(model, feeds)).toEqual([expect.stringMatching(/scale or bias is no vector/)]);
});

test('types of one row beside ids of several are none of EmbedLayerNormalization', async () => {
  const model = modelOf(({ input, ops, floats }) => {
    const table = (rows: number) =>
      floats(
        Array.from({ length: rows * 4 }, (_, at) => Math.sin(at + rows)),
        [rows, 4],
      );
    const rows = (count: number, name: string, first: Dimension) =>
      ops.gather(table(count), input(name, 'int64', [first, 't']), 0);
    const words = ops.add(rows(100, 'input_ids', 'b'), rows(2, 'token_type_ids', 1));
    const sum = ops.add(words, rows(20, 'position_ids', 'b'));
    return ops.layerNormalization(sum, floats([1, 1, 1, 1]), floats([0, 0, 0, 0]), 1e-5);
  });
  const feeds = {
    input_ids: int64([1, 2, 3, 4], [2, 2]),
    token_type_ids: int64([0, 1], [1, 2]),
    position_ids: int64([0, 1, 0, 1], [2, 2]),
  };
  expect(await expectSame(model, feeds)).toContain('its types are not known to be of the shape of the ids');
});

test('a sum over constant axes of which there are none is over all', async () => {
  const model = modelOf(({ input, ops, integers, builder }) => {
    const x = input('x', 'float32', ['n', 'm']);
    const [sum] = builder.node('ReduceSum', [x, integers([], [0])], { attributes: { keepdims: int(1) } });
    return ops.expand(sum!, ops.shape(x));
  });
  await expectSame(model, { x: float32([1, 2, 3, 4], [2, 2]) });
});

test('a constant of a type that is not read is not 0', async () => {
  // A TensorProto of one uint16, 7, as the attribute `value`.
  const value = Uint8Array.of(
    0x0a,
    5,
    ...Buffer.from('value'),
    0x2a,
    8,
    8,
    1,
    0x10,
    4,
    0x4a,
    2,
    7,
    0,
    0xa0,
    1,
    4,
  );
  const model = modelOf(({ input, ops, builder }) => {
    const x = input('x', 'float32', ['n', 3]);
    const attributes = { value: { kind: 'opaque' as const, value } };
    const [filled] = builder.node('ConstantOfShape', [ops.shape(x)], { attributes });
    const [numbers] = builder.node('Cast', [filled!], { attributes: { to: int(1) } });
    return ops.add(ops.tanh(x), numbers!);
  });
  await expectSame(decodeModel(encodeModel(model)), { x: float32([1, 2, 3], [1, 3]) });
});

test('one token that is added to all is not sliced with them', async () => {
  const model = modelOf(({ input, ops, integers }) => {
    const [x, c] = [input('x', 'float32', ['n', 'm', 4]), input('c', 'float32', ['n', 1, 4])];
    return ops.gather(ops.add(x, c), integers([1], []), 1);
  });
  const feeds = { x: float32([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4]), c: float32([1, 1, 1, 1], [1, 1, 4]) };
  await expectSame(model, feeds, { latency: true });
});

test('a vector beside x of one column makes more of it than Gelu does', async () => {
  const model = modelOf(({ input, ops, floats }) => {
    const x = input('x', 'float32', ['n', 1]);
    const cdf = ops.add(ops.erf(ops.mul(x, floats([Math.SQRT1_2], []))), floats([1, 1, 1, 1]));
    return ops.mul(ops.mul(x, cdf), floats([0.5], []));
  });
  expect(await expectSame(model, { x: float32([1, 1.5], [2, 1]) })).toEqual([
    'a constant makes more of x than x is',
  ]);
});

test('a vector beside x of one column makes more of it than LayerNormalization does', async () => {
  const model = modelOf(({ input, ops, floats, builder }) => {
    const x = input('x', 'float32', ['n', 'm', 1]);
    const mean = (value: GraphValue) =>
      builder.node('ReduceMean', [value], { attributes: { axes: ints([-1]), keepdims: int(1) } })[0]!;
    const centred = ops.sub(x, mean(x));
    const deviation = ops.sqrt(ops.add(mean(ops.mul(centred, centred)), floats([1e-5], [])));
    const scaled = ops.mul(ops.div(centred, deviation), floats([1, 2, 3, 4]));
    return ops.add(scaled, floats([1, 2, 3, 4]));
  });
  expect(await expectSame(model, { x: float32([1, 2], [1, 2, 1]) })).toEqual([
    'its scale or bias makes more of x than x is',
  ]);
});
