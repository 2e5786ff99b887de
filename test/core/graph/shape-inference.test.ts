/** What inference says of a value's type, held against what ONNX Runtime computes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSession } from '../../../core/engines/session.js';
import { int, ints } from '../../../core/graph/attributes.js';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Attribute, Dimension, Graph, Node, ValueType } from '../../../core/graph/ir.js';
import { inferNode } from '../../../core/graph/shape-inference.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import { type DType, float32, int32, int64, sizeOf, tensor, type Tensor } from '../../../core/tensor.js';

/** An expression over inputs of these contents. */
interface Case {
  readonly inputs: readonly Tensor[];
  readonly apply: (
    ops: GraphOps,
    inputs: readonly GraphValue[],
    builder: GraphBuilder,
  ) => GraphValue | readonly GraphValue[];
}

/** How much of a dimension is declared. */
type Known = 'size' | 'symbol' | 'nothing';

const dims = (minimum: number, maximum: number) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: minimum, maxLength: maximum });
const floats = (shape: readonly number[]) =>
  float32(
    Array.from({ length: sizeOf(shape) }, (_, k) => 0.1 + k),
    shape,
  );
/** A shape that broadcasts to `target`: leading axes left out, others 1. */
const broadcastable = (target: readonly number[]) =>
  fc
    .tuple(
      fc.nat(target.length),
      fc.array(fc.boolean(), { minLength: target.length, maxLength: target.length }),
    )
    .map(([from, ones]) => target.map((size, axis) => (ones[axis]! ? 1 : size)).slice(from));
/** An axis of a rank, counted from either end. */
const axisOf = (rank: number) => fc.integer({ min: -rank, max: rank - 1 });
const someAxes = (rank: number) =>
  fc
    .tuple(fc.subarray([...Array(rank).keys()], { minLength: 1 }), fc.boolean())
    .map(([axes, negative]) => (negative ? axes.map((axis) => axis - rank) : axes));

const binary: readonly ((ops: GraphOps, x: GraphValue, y: GraphValue) => GraphValue)[] = [
  (ops, x, y) => ops.add(x, y),
  (ops, x, y) => ops.sub(x, y),
  (ops, x, y) => ops.mul(x, y),
  (ops, x, y) => ops.div(x, y),
  (ops, x, y) => ops.equal(x, y),
  (ops, x, y) => ops.less(x, y),
];

const cases: Record<string, fc.Arbitrary<Case>> = {
  arithmetic: dims(0, 4)
    .chain((target) => fc.tuple(broadcastable(target), broadcastable(target), fc.nat(binary.length - 1)))
    .map(([a, b, which]) => ({
      inputs: [floats(a), floats(b)],
      apply: (ops, [x, y]) => binary[which]!(ops, x!, y!),
    })),
  choice: dims(0, 3)
    .chain((target) => fc.tuple(broadcastable(target), broadcastable(target), broadcastable(target)))
    .map(([c, a, b]) => ({
      inputs: [tensor('bool', new Uint8Array(sizeOf(c)), c), floats(a), floats(b)],
      apply: (ops, [condition, x, y]) => ops.where(condition!, x!, y!),
    })),
  'element by element': fc
    .tuple(dims(1, 3), fc.constantFrom<DType>('int64', 'int32', 'float64', 'bool', 'uint8'))
    .chain(([shape, dtype]) => axisOf(shape.length).map((axis) => ({ shape, dtype, axis })))
    .map(({ shape, dtype, axis }) => ({
      inputs: [floats(shape)],
      apply: (ops, [x]) => [
        ops.cast(x!, dtype),
        ops.softmax(x!, axis),
        ops.logSoftmax(x!, axis),
        ops.cumSum(x!, axis),
        ops.relu(x!),
      ],
    })),
  'layer normalisation': dims(1, 3).map((shape) => ({
    inputs: [floats(shape), floats(shape.slice(-1)), floats(shape.slice(-1))],
    apply: (ops, [x, scale, bias]) => ops.layerNormalization(x!, scale!, bias!, 1e-5),
  })),
  'layer normalisation, with means and deviations': dims(1, 3)
    .chain((shape) => fc.tuple(fc.constant(shape), fc.integer({ min: -shape.length, max: shape.length - 1 })))
    .map(([shape, axis]) => ({
      inputs: [floats(shape), floats(shape.slice(axis)), floats(shape.slice(axis))],
      apply: (_, inputs, builder) =>
        builder.node('LayerNormalization', inputs, { outputs: 3, attributes: { axis: int(axis) } }),
    })),
  product: fc
    .tuple(dims(0, 2), dims(3, 3))
    .chain(([batch, sizes]) =>
      fc.tuple(broadcastable(batch), broadcastable(batch), fc.constant(sizes), fc.nat(3)),
    )
    .map(([left, right, [m, k, n], flat]) => ({
      inputs: [
        floats(flat === 1 || flat === 3 ? [k!] : [...left, m!, k!]),
        floats(flat >= 2 ? [k!] : [...right, k!, n!]),
      ],
      apply: (ops, [a, b]) => ops.matMul(a!, b!),
    })),
  gather: fc
    .tuple(dims(1, 3), dims(0, 2))
    .chain(([shape, indices]) => axisOf(shape.length).map((axis) => ({ shape, indices, axis })))
    .map(({ shape, indices, axis }) => ({
      inputs: [floats(shape), int64(new Array<number>(sizeOf(indices)).fill(0), indices)],
      apply: (ops, [data, at]) => ops.gather(data!, at!, axis),
    })),
  reshape: dims(1, 4)
    .chain((shape) =>
      fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.nat(3), fc.boolean(), fc.boolean()),
    )
    .map(([shape, merge, open, infer, keep]) => {
      const to = [...shape.slice(0, merge), sizeOf(shape.slice(merge, merge + 2)), ...shape.slice(merge + 2)];
      const wanted = to.map((size, axis) => {
        if (infer && axis === open % to.length) return -1;
        return keep && size === shape[axis] ? 0 : size;
      });
      return { inputs: [floats(shape)], apply: (ops, [x]) => ops.reshape(x!, wanted) };
    }),
  transpose: dims(1, 4)
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length, maxLength: shape.length }),
      ),
    )
    .map(([shape, permutation]) => ({
      inputs: [floats(shape)],
      apply: (ops, [x]) => ops.transpose(x!, permutation),
    })),
  concat: fc
    .tuple(dims(1, 3), dims(1, 3))
    .chain(([shape, lengths]) => axisOf(shape.length).map((axis) => ({ shape, lengths, axis })))
    .map(({ shape, lengths, axis }) => ({
      inputs: lengths.map((length) => floats(shape.with(axis, length))),
      apply: (ops, xs) => ops.concat(xs, axis),
    })),
  slice: dims(1, 3)
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        axisOf(shape.length),
        fc.integer({ min: -6, max: 6 }),
        fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constant(2 ** 31)),
      ),
    )
    .map(([shape, axis, start, end]) => ({
      inputs: [floats(shape)],
      apply: (ops, [x]) => ops.slice(x!, axis, start, end),
    })),
  'slice with a step': dims(1, 3)
    .chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        axisOf(shape.length),
        fc.constantFrom(
          [0, 2 ** 31, 2],
          [1, 2 ** 31, 2],
          [0, 3, 3],
          [-1, -(2 ** 31), -1],
          [-1, -(2 ** 31), -2],
          [0, 2 ** 31, 1],
        ),
      ),
    )
    .map(([shape, axis, [start, end, step]]) => ({
      inputs: [floats(shape)],
      apply: (ops, [x], builder) =>
        builder.node('Slice', [x!, ...[start, end, axis, step].map((n) => ops.constant(int64([n])))]),
    })),
  flattening: dims(1, 4)
    .chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length)))
    .map(([shape, axis]) => ({
      inputs: [floats(shape)],
      apply: (_, [x], builder) => builder.node('Flatten', [x!], { attributes: { axis: int(axis) } }),
    })),
  split: fc
    .tuple(dims(1, 3), dims(1, 3))
    .chain(([shape, sizes]) => axisOf(shape.length).map((axis) => ({ shape, sizes, axis })))
    .map(({ shape, sizes, axis }) => {
      const whole = sizes.reduce((a, b) => a + b, 0);
      return {
        inputs: [int64(new Array<number>(sizeOf(shape.with(axis, whole))).fill(1), shape.with(axis, whole))],
        apply: (ops, [x]) => ops.split(x!, axis, sizes),
      };
    }),
  'axes of 1': dims(1, 3)
    .chain((shape) => fc.tuple(fc.constant(shape), someAxes(shape.length + 1)))
    .map(([shape, [axis]]) => ({
      inputs: [floats(shape)],
      apply: (ops, [x]) => {
        const wider = ops.unsqueeze(x!, [axis!]);
        return [wider, ops.squeeze(wider, [axis!])];
      },
    })),
  shape: dims(0, 3)
    .chain((target) => fc.tuple(fc.constant(target), broadcastable(target)))
    .map(([target, from]) => ({
      inputs: [floats(from)],
      apply: (ops, [x]) => [ops.shape(x!), ops.expand(x!, ops.constant(int64(target)))],
    })),
  reduction: dims(1, 3)
    .chain((shape) => fc.tuple(fc.constant(shape), someAxes(shape.length), fc.boolean()))
    .map(([shape, axes, keep]) => ({
      inputs: [floats(shape)],
      apply: (ops, [x]) => [
        ops.reduceSum(x!, axes, keep),
        ops.reduceMean(x!, axes, keep),
        ops.reduceMax(x!, axes, keep),
      ],
    })),
  recurrence: fc.tuple(dims(4, 4), fc.constantFrom<1 | 2>(1, 2)).map(([sizes, directions]) => {
    const [time, batch, input, hidden] = sizes as [number, number, number, number];
    const lengths = new Array<number>(batch).fill(1);
    return {
      inputs: [
        floats([time, batch, input]),
        floats([directions, 4 * hidden, input]),
        floats([directions, 4 * hidden, hidden]),
        floats([directions, 8 * hidden]),
        int32(lengths),
        int64(lengths),
      ],
      apply: (ops, [x, weight, recurrence, bias, short, long]) => {
        const { y, lastHidden, lastCell } = ops.lstm(
          { x: x!, weight: weight!, recurrence: recurrence!, bias: bias!, lengths: short! },
          hidden,
          directions,
        );
        return [y, lastHidden, lastCell, ops.reverseSequence(x!, long!)];
      },
    };
  }),
};

/** A shape that is itself computed: of these only the rank can be told. */
const computed: Record<string, fc.Arbitrary<Case>> = {
  'expansion to a computed shape': dims(0, 3)
    .chain((target) => fc.tuple(fc.constant(target), broadcastable(target)))
    .map(([target, from]) => ({
      inputs: [floats(from), floats(target)],
      apply: (ops, [x, to]) => ops.expand(x!, ops.shape(to!)),
    })),
  'filling of a computed shape': dims(0, 3).map((shape) => ({
    inputs: [floats(shape)],
    apply: (ops, [x], builder) => builder.node('ConstantOfShape', [ops.shape(x!)]),
  })),
};

/** Equal sizes have equal symbols, so a symbol in an inferred type names the size that must come out. */
const symbolOf = (size: number) => `size_${String(size)}`;

function declare(size: number, known: Known): Dimension {
  return known === 'size' ? size : known === 'symbol' ? symbolOf(size) : null;
}

/** The types inferred for the case's outputs, and what a session gives them. */
async function inferAndRun({ inputs, apply }: Case, typeOf: (input: Tensor) => ValueType) {
  const builder = new GraphBuilder('case');
  const values = inputs.map((input, k) =>
    builder.assume(builder.input(`x${String(k)}`, input.dtype, input.shape), typeOf(input)),
  );
  const given = apply(new GraphOps(builder), values, builder);
  const outputs = 'name' in given ? [given] : given;
  outputs.forEach((value, k) => {
    builder.output(`y${String(k)}`, value);
  });
  const session = await openSession(encodeModel({ graph: builder.build() }), { optimization: 'disabled' });
  const found = await session.run(Object.fromEntries(inputs.map((input, k) => [`x${String(k)}`, input])));
  await session.close();
  return outputs.map(({ type }, k) => ({ type, found: found[`y${String(k)}`]! }));
}

test.each(Object.entries(cases))('%s: of known shapes the shape is known', async (_name, anyCase) => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      for (const { type, found } of await inferAndRun(one, ({ dtype, shape }) => ({ dtype, shape })))
        expect(type).toEqual({ dtype: found.dtype, shape: found.shape });
    }),
    { numRuns: 40 },
  );
});

test.each(Object.entries({ ...cases, ...computed }))(
  '%s: of shapes known in part nothing wrong is said',
  async (_name, anyCase) => {
    const exactly = (length: number) => ({ minLength: length, maxLength: length });
    const known = fc.array(fc.constantFrom<Known>('size', 'symbol', 'nothing'), exactly(16));
    const isRankKnown = fc.array(
      fc.nat(9).map((draw) => draw > 0),
      exactly(6),
    );
    await fc.assert(
      fc.asyncProperty(anyCase, known, isRankKnown, async (one, ofAxes, ofRanks) => {
        const [each, ranks] = [ofAxes.values(), ofRanks.values()];
        const types = await inferAndRun(one, ({ dtype, shape }) => ({
          dtype,
          shape:
            ranks.next().value === true
              ? shape.map((size) => declare(size, each.next().value ?? 'nothing'))
              : null,
        }));
        for (const { type, found } of types) {
          expect(type.dtype).toBe(found.dtype);
          if (type.shape === null) continue;
          // What is said of each axis, or what came out where nothing is said.
          const said = type.shape.map((size, axis) => size ?? found.shape[axis]);
          const actual = found.shape.map((size, axis) =>
            typeof type.shape?.[axis] === 'string' ? symbolOf(size) : size,
          );
          expect(said).toEqual(actual);
        }
      }),
      { numRuns: 60 },
    );
  },
);

describe('shapes that cannot be', () => {
  const refused = (
    code: string,
    shapes: readonly (readonly Dimension[])[],
    apply: (ops: GraphOps, values: readonly GraphValue[]) => unknown,
  ) => {
    const builder = new GraphBuilder('impossible');
    const values = shapes.map((shape, k) => builder.input(`x${String(k)}`, 'float32', shape));
    expect(() => apply(new GraphOps(builder), values)).toThrow(expect.objectContaining({ code }));
  };

  test.each<[string, (readonly Dimension[])[], (ops: GraphOps, values: readonly GraphValue[]) => unknown]>([
    [
      'addition',
      [
        [2, 3],
        [2, 4],
      ],
      (ops, [a, b]) => ops.add(a!, b!),
    ],
    [
      'addition under a symbol',
      [
        ['n', 3],
        ['n', 4],
      ],
      (ops, [a, b]) => ops.add(a!, b!),
    ],
    ['choice', [[2], [3], [1]], (ops, [c, a, b]) => ops.where(c!, a!, b!)],
    [
      'product',
      [
        [2, 3],
        [4, 5],
      ],
      (ops, [a, b]) => ops.matMul(a!, b!),
    ],
    ['product of a vector', [[3], [4]], (ops, [a, b]) => ops.matMul(a!, b!)],
    [
      'batches of products',
      [
        [2, 3, 4],
        [3, 4, 5],
      ],
      (ops, [a, b]) => ops.matMul(a!, b!),
    ],
    ['reshape', [[2, 3]], (ops, [x]) => ops.reshape(x!, [4])],
    ['reshape that is to be inferred', [[2, 3]], (ops, [x]) => ops.reshape(x!, [4, -1])],
    ['reshape that keeps an axis', [[2, 3]], (ops, [x]) => ops.reshape(x!, [0, 4])],
    [
      'concatenation',
      [
        [2, 3],
        [2, 4],
      ],
      (ops, xs) => ops.concat(xs, 0),
    ],
    ['concatenation of ranks', [[2, 3], [2]], (ops, xs) => ops.concat(xs, 0)],
    ['squeeze', [[2, 3]], (ops, [x]) => ops.squeeze(x!, [0])],
    ['expansion', [[3]], (ops, [x]) => ops.expand(x!, ops.constant(int64([2])))],
    ['split', [[2, 5]], (ops, [x]) => ops.split(x!, 1, [2, 2])],
    ['transposition', [[2, 5]], (ops, [x]) => ops.transpose(x!, [0, 2, 1])],
  ])('%s', (_name, shapes, apply) => {
    refused('graph_shape_mismatch', shapes, apply);
  });

  test.each<[string, (ops: GraphOps, x: GraphValue) => unknown]>([
    ['gather', (ops, x) => ops.gather(x, ops.constant(int64([0])), 2)],
    ['concat', (ops, x) => ops.concat([x, x], 2)],
    ['slice', (ops, x) => ops.slice(x, -3, 0, 1)],
    ['split', (ops, x) => ops.split(x, 2, [1, 1])],
    ['squeeze', (ops, x) => ops.squeeze(x, [2])],
    ['unsqueeze', (ops, x) => ops.unsqueeze(x, [3])],
    ['reduction', (ops, x) => ops.reduceSum(x, [2], true)],
  ])('an axis outside: %s', (_name, apply) => {
    refused('graph_axis_outside', [[2, 3]], (ops, [x]) => apply(ops, x!));
  });

  test('what may fit is not refused', () => {
    const builder = new GraphBuilder('possible');
    const ops = new GraphOps(builder);
    const [n, three, open] = [
      builder.input('n', 'float32', ['n', 3]),
      builder.input('three', 'float32', [3, 3]),
      builder.input('open', 'float32', [null, 3]),
    ];
    expect(ops.add(n, three).type.shape).toEqual([3, 3]);
    expect(ops.add(n, open).type.shape).toEqual([null, 3]);
    expect(ops.concat([n, three, open], 1).type.shape).toEqual([3, 9]);
    expect(ops.reshape(n, [-1, 9]).type.shape).toEqual([null, 9]);
    expect(ops.squeeze(n, [0]).type.shape).toEqual([3]);
  });
});

describe('a scan', () => {
  const types: Readonly<Record<string, ValueType>> = {
    state: { dtype: 'float32', shape: [4] },
    x: { dtype: 'float32', shape: ['n', 'time', 4] },
  };
  const inferred = (
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    step: readonly (readonly [string, ValueType])[],
  ) => {
    const body: Graph = {
      name: 'body',
      inputs: ['s', 'xi'],
      outputs: ['s2', 'yi'],
      nodes: [],
      initializers: new Map(),
      types: new Map(step),
    };
    const node: Node = {
      name: 'scan',
      domain: '',
      opType: 'Scan',
      inputs,
      outputs: ['last', 'ys'],
      attributes: { num_scan_inputs: int(1), body: { kind: 'graph', value: body }, ...attributes },
    };
    return inferNode(node, { typeOf: (name) => types[name], constantOf: () => null });
  };
  const stepType: readonly (readonly [string, ValueType])[] = [['yi', { dtype: 'int64', shape: ['n', 2] }]];

  test.each([
    [{}, ['n', 'n', 2]],
    [{ scan_input_axes: ints([1]) }, ['time', 'n', 2]],
    [{ scan_input_axes: ints([1]), scan_output_axes: ints([1]) }, ['n', 'time', 2]],
    [{ scan_input_axes: ints([-2]), scan_output_axes: ints([-1]) }, ['n', 2, 'time']],
  ])('over its axes: %j', (attributes, shape) => {
    expect(inferred(['state', 'x'], attributes, stepType)).toEqual([types.state, { dtype: 'int64', shape }]);
  });

  test('of a body that does not say what it gives', () => {
    expect(inferred(['state', 'x'], {}, [])).toEqual([types.state, undefined]);
  });

  test('of opset 8 tells nothing', () => {
    expect(inferred(['', 'state', 'x'], {}, stepType)).toEqual([]);
  });
});

test('a shape that is declared with four thousand million axes tells nothing, and costs nothing', () => {
  const builder = new GraphBuilder('hostile');
  const x = builder.input('x', 'float32', [2, 3]);
  const target = builder.input('target', 'int64', [2 ** 32 - 1]);
  for (const inputs of [[x, target], [target]])
    expect(
      builder.node(inputs.length === 2 ? 'Reshape' : 'ConstantOfShape', inputs)[0]!.type.shape,
    ).toBeNull();
  expect(builder.node('Expand', [x, target])[0]!.type.shape).toBeNull();
});
