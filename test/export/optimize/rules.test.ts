/** The smaller rules: what they make of their patterns, and what they leave alone. */
import { describe, expect, test } from '@jest/globals';
import { int, text } from '../../../core/graph/attributes.js';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Model } from '../../../core/graph/ir.js';
import { float32, int64, tensor, toNumbers } from '../../../core/tensor.js';
import { openSession } from '../../../core/engines/session.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import { withLengths } from '../../../export/optimize/wire-lengths.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions, type OptimizeOptions } from '../../../export/optimize/optimize.js';
import { graphModel } from '../../fixtures/graph-model.js';

interface Parts {
  readonly builder: GraphBuilder;
  readonly ops: GraphOps;
  /** [batch, 4, 8] */
  readonly x: GraphValue;
  readonly vector: (start: number) => GraphValue;
  readonly scalar: (value: number) => GraphValue;
}

function modelOf(build: (parts: Parts) => GraphValue, opset = 17): Model {
  const builder = new GraphBuilder('g');
  const ops = new GraphOps(builder);
  const x = builder.input('x', 'float32', ['batch', 4, 8]);
  const vector = (start: number) =>
    builder.initializer(
      builder.unique('v'),
      float32(Array.from({ length: 8 }, (_, at) => Math.sin(start + at))),
    );
  const scalar = (value: number) => ops.constant(float32([value], []));
  builder.output('y', build({ builder, ops, x, vector, scalar }));
  return graphModel(builder.build(), { irVersion: 10, opsets: new Map([['', opset]]) });
}

async function optimized(model: Model, options: Partial<OptimizeOptions> = {}) {
  const checks = { tolerance: 1e-5, inputs: {}, texts: [] };
  const { optimized: after } = await optimizeChecked(model, { ...defaultOptions, ...options }, checks);
  return { operators: after.model.graph.nodes.map(({ opType }) => opType), refusals: after.refusals };
}

const erf = ({ ops, scalar }: Parts, x: GraphValue, argument: GraphValue) =>
  ops.mul(ops.mul(x, ops.add(ops.erf(argument), scalar(1))), scalar(0.5));

const gelus: Readonly<Record<string, readonly [build: (parts: Parts) => GraphValue, operator: string]>> = {
  'x / sqrt(2)': [(p) => erf(p, p.x, p.ops.div(p.x, p.scalar(Math.SQRT2))), 'Gelu'],
  'x * 0.7071': [(p) => erf(p, p.x, p.ops.mul(p.scalar(Math.SQRT1_2), p.x)), 'Gelu'],
  'sqrt of a constant': [(p) => erf(p, p.x, p.ops.div(p.x, p.ops.sqrt(p.scalar(2)))), 'Gelu'],
  'half of x first': [
    ({ ops, x, scalar }) => {
      const cdf = ops.add(scalar(1), ops.erf(ops.div(x, scalar(Math.SQRT2))));
      return ops.mul(ops.mul(scalar(0.5), x), cdf);
    },
    'Gelu',
  ],
  'half of the distribution first': [
    ({ ops, x, scalar }) => {
      const cdf = ops.add(ops.erf(ops.div(x, scalar(Math.SQRT2))), scalar(1));
      return ops.mul(x, ops.div(cdf, scalar(2)));
    },
    'Gelu',
  ],
  'by tanh, with a power': [
    ({ ops, x, scalar, builder }) => {
      const cube = builder.node('Pow', [x, scalar(3)])[0]!;
      const inner = ops.mul(ops.add(x, ops.mul(scalar(0.044715), cube)), scalar(Math.sqrt(2 / Math.PI)));
      return ops.mul(ops.mul(x, scalar(0.5)), ops.add(ops.tanh(inner), scalar(1)));
    },
    'FastGelu',
  ],
  'by tanh, factored': [
    ({ ops, x, scalar }) => {
      const factor = ops.add(scalar(1), ops.mul(ops.mul(scalar(0.044715), x), x));
      const inner = ops.mul(ops.mul(x, scalar(Math.sqrt(2 / Math.PI))), factor);
      return ops.mul(ops.mul(x, scalar(0.5)), ops.add(ops.tanh(inner), scalar(1)));
    },
    'FastGelu',
  ],
  'after a bias': [
    (p) => {
      const x = p.ops.add(p.x, p.vector(1));
      return erf(p, x, p.ops.div(x, p.scalar(Math.SQRT2)));
    },
    'BiasGelu',
  ],
};

test.each(Object.entries(gelus))('gelu: %s', async (_, [build, operator]) => {
  expect(await optimized(modelOf(build))).toEqual({ operators: [operator], refusals: [] });
});

test('gelu: another factor is left alone, and said so', async () => {
  const { refusals } = await optimized(modelOf((p) => erf(p, p.x, p.ops.mul(p.x, p.scalar(0.8)))));
  expect(refusals).toEqual([{ rule: 'gelu', node: 'Erf', reason: expect.stringMatching(/of one x/) }]);
});

test('gelu: of standard operators alone, since opset 20', async () => {
  const build = (p: Parts) => erf(p, p.x, p.ops.div(p.x, p.scalar(Math.SQRT2)));
  expect((await optimized(modelOf(build, 20), { contrib: false })).operators).toEqual(['Gelu']);
  const { refusals } = await optimized(modelOf(build, 17), { contrib: false });
  expect(refusals.map(({ reason }) => reason)).toEqual(['opset 17 has no Gelu']);
});

function normalized({ ops, vector, scalar, builder }: Parts, x: GraphValue): GraphValue {
  const centred = ops.sub(x, ops.reduceMean(x, [-1], true));
  const variance = ops.reduceMean(builder.node('Pow', [centred, scalar(2)])[0]!, [2], true);
  const deviation = ops.sqrt(ops.add(variance, scalar(1e-5)));
  return ops.add(ops.mul(ops.div(centred, deviation), vector(1)), vector(2));
}

describe('normalisation', () => {
  test('in pieces', async () => {
    expect(await optimized(modelOf((p) => normalized(p, p.x)))).toEqual({
      operators: ['LayerNormalization'],
      refusals: [],
    });
  });

  test('of a sum with a bias, which is read elsewhere too', async () => {
    const model = modelOf((p) => {
      const sum = p.ops.add(p.ops.add(p.ops.tanh(p.x), p.vector(3)), p.x);
      return p.ops.mul(normalized(p, sum), sum);
    });
    expect((await optimized(model)).operators).toEqual(['Tanh', 'SkipLayerNormalization', 'Mul']);
  });

  test('of a sum of two shapes is left alone, and said so', async () => {
    const model = modelOf((p) => {
      const row = p.ops.gather(p.x, p.ops.constant(int64([0], [1])), 1);
      return p.ops.layerNormalization(p.ops.add(p.x, row), p.vector(1), p.vector(2), 1e-5);
    });
    const { refusals } = await optimized(model);
    expect(refusals.map(({ rule, reason }) => [rule, reason])).toEqual([
      ['skip-layer-normalization', 'the two that are added are not known to be of one shape'],
    ]);
  });
});

/** x [batch, 4, 8] with time first. */
const timeFirst = ({ ops, x }: Parts) => ops.transpose(x, [1, 0, 2]);
const square = ({ builder }: Parts) =>
  builder.initializer(
    builder.unique('w'),
    float32(
      Array.from({ length: 64 }, (_, at) => Math.sin(at)),
      [8, 8],
    ),
  );

describe('time first', () => {
  test('a transpose moves behind what works token by token, to its inverse', async () => {
    const { operators } = await optimized(
      modelOf((p) => {
        const y = p.ops.relu(p.ops.add(p.ops.matMul(timeFirst(p), square(p)), p.vector(3)));
        return p.ops.transpose(p.ops.add(y, timeFirst(p)), [1, 0, 2]);
      }),
    );
    expect(operators).toEqual(['MatMul', 'Add', 'Relu', 'Add']);
  });

  test('a sum that is normalised and read besides is computed with rows first', async () => {
    const { operators } = await optimized(
      modelOf((p) => {
        const sum = p.ops.add(timeFirst(p), p.ops.matMul(timeFirst(p), square(p)));
        const normal = p.builder.node('LayerNormalization', [sum, p.vector(2), p.vector(3)]);
        return p.ops.transpose(p.ops.add(sum, p.ops.matMul(normal[0]!, square(p))), [1, 0, 2]);
      }),
    );
    expect(operators.sort()).toEqual(['Add', 'MatMul', 'MatMul', 'SkipLayerNormalization']);
  });

  test('two become one', async () => {
    const { operators } = await optimized(
      modelOf((p) => p.ops.add(timeFirst(p), p.ops.transpose(p.ops.relu(p.x), [1, 0, 2]))),
    );
    expect(operators.filter((one) => one === 'Transpose')).toHaveLength(1);
  });

  test('it stays where nothing is gained', async () => {
    const { operators } = await optimized(modelOf((p) => p.ops.relu(timeFirst(p))));
    expect(operators).toEqual(['Transpose', 'Relu']);
  });

  test('one place is taken of what was transposed', async () => {
    const { operators } = await optimized(
      modelOf((p) => p.ops.gather(p.ops.relu(timeFirst(p)), p.ops.constant(int64([1], [])), 0)),
    );
    expect(operators).toEqual(['Relu', 'Gather']);
  });

  test('several places of it stay in their order', async () => {
    const { operators } = await optimized(
      modelOf((p) => p.ops.gather(timeFirst(p), p.ops.constant(int64([2, 0])), 0)),
    );
    expect(operators).toEqual(['Transpose', 'Gather']);
  });
});

test.each([
  ['turned weights and a bias', 1, true, ['MatMul', 'Add']],
  ['plain weights alone', 0, false, ['MatMul']],
] as const)(
  'a product of flattened rows, with %s, is one of tokens',
  async (_, transB, hasBias, expected) => {
    const { operators } = await optimized(
      modelOf((p) => {
        const { builder, ops } = p;
        const shape = builder.node('Shape', [p.x])[0]!;
        const flat = ops.reshape(p.x, [-1, 8]);
        const inputs = [flat, square(p), ...(hasBias ? [p.vector(1)] : [])];
        const [rows] = builder.node('Gemm', inputs, { attributes: { transB: int(transB) } });
        return builder.node('Reshape', [rows!, shape])[0]!;
      }),
    );
    expect(operators).toEqual(expected);
  },
);

test('a MatMul of flattened rows is one of tokens', async () => {
  const { operators } = await optimized(
    modelOf((p) => {
      const rows = p.ops.matMul(p.ops.reshape(p.x, [-1, 8]), square(p));
      return p.builder.node('Reshape', [rows, p.builder.node('Shape', [p.x])[0]!])[0]!;
    }),
  );
  expect(operators).toEqual(['MatMul']);
});

test('a bias of rows that come behind a fused normalisation is given to it', async () => {
  const { operators } = await optimized(
    modelOf((p) => {
      const { builder, ops } = p;
      const flat = ops.reshape(p.x, [-1, 8]);
      const [rows] = builder.node('Gemm', [flat, square(p), p.vector(1)]);
      const y = builder.node('Reshape', [rows!, builder.node('Shape', [p.x])[0]!])[0]!;
      const sum = ops.add(p.x, y);
      return builder.node('LayerNormalization', [sum, p.vector(2), p.vector(3)], {
        attributes: { axis: int(-1) },
      })[0]!;
    }),
  );
  expect(operators).toEqual(['MatMul', 'SkipLayerNormalization']);
});

test('a disabled rule is not applied', async () => {
  const model = modelOf((p) => normalized(p, p.x));
  expect((await optimized(model, { disabled: ['layer-normalization'] })).operators).not.toContain(
    'LayerNormalization',
  );
});

test('a GRU is left alone but for outputs that nothing reads', async () => {
  const model = modelOf(({ builder, x, ops }) => {
    const weights = (shape: readonly number[]) =>
      builder.initializer(
        builder.unique('w'),
        float32(new Float32Array(shape.reduce((a, b) => a * b)), shape),
      );
    const inputs = [x, weights([1, 9, 8]), weights([1, 9, 3])];
    const [steps] = builder.node('GRU', inputs, { outputs: 2, attributes: { hidden_size: int(3) } });
    return ops.tanh(steps!);
  });
  expect((await optimized(model)).operators).toEqual(['GRU', 'Tanh']);
});

test('the last step of an LSTM, taken from all steps, is its last state', async () => {
  const model = modelOf(({ builder, ops, x }) => {
    let seed = 0;
    const weights = (shape: readonly number[]) =>
      builder.initializer(
        builder.unique('w'),
        float32(
          Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.sin((seed += 1))),
          shape,
        ),
      );
    const turned = ops.transpose(x, [1, 0, 2]);
    const inputs = [turned, weights([2, 12, 8]), weights([2, 12, 3]), weights([2, 24])];
    const attributes = { hidden_size: int(3), direction: text('bidirectional') };
    const [steps] = builder.node('LSTM', inputs, { outputs: 3, attributes });
    const rows = ops.reshape(ops.transpose(steps!, [2, 0, 1, 3]), [0, 0, 6]); // [batch, time, 6]
    const forwards = builder.node('Slice', [
      ops.gather(rows, ops.constant(int64([-1], [])), 1),
      ops.constant(int64([0])),
      ops.constant(int64([3])),
      ops.constant(int64([1])),
    ])[0]!;
    const backwards = builder.node('Slice', [
      ops.gather(rows, ops.constant(int64([0], [])), 1),
      ops.constant(int64([3])),
      ops.constant(int64([6])),
      ops.constant(int64([1])),
    ])[0]!;
    return ops.concat([forwards, backwards], 1);
  });
  expect((await optimized(model)).operators).toEqual(['Transpose', 'LSTM', 'Transpose', 'Reshape']);
});

test('what a subgraph reads keeps its name, and the subgraph is left as it is', async () => {
  const branch = (opType: string, name: string) => ({
    kind: 'graph' as const,
    value: {
      name,
      inputs: [],
      outputs: [`${name}_out`],
      nodes: [
        {
          name: `${name}_node`,
          domain: '',
          opType,
          inputs: ['kept'],
          outputs: [`${name}_out`],
          attributes: {},
        },
      ],
      initializers: new Map(),
      types: new Map([[`${name}_out`, { dtype: 'float32' as const, shape: ['batch', 4, 8] }]]),
    },
  });
  const model = modelOf(({ builder, ops, x }) => {
    builder.node('Identity', [ops.relu(x)], { outputs: ['kept'] });
    const condition = builder.initializer('yes', tensor('bool', Uint8Array.of(1), []));
    return builder.node('If', [condition], {
      attributes: { then_branch: branch('Tanh', 'a'), else_branch: branch('Relu', 'b') },
    })[0]!;
  });
  expect((await optimized(model)).operators).toEqual(['Relu', 'Identity', 'If']);
});

test('an operator of a domain that is not known stays', async () => {
  const model = modelOf(
    ({ builder, ops, x }) => builder.node('Strange', [ops.relu(ops.relu(x))], { domain: 'far.away' })[0]!,
  );
  const { optimizeModel } = await import('../../../export/optimize/optimize.js');
  const opsets = new Map([...model.opsets, ['far.away', 1]]) as Model['opsets'];
  const { model: after } = await optimizeModel({ ...model, opsets });
  expect(after.graph.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'Relu', 'Strange']);
});

test('an LSTM without lengths is given those of an input, and padding no longer counts', async () => {
  const builder = new GraphBuilder('g');
  const x = builder.input('x', 'float32', ['time', 'batch', 2]);
  builder.input('lengths', 'int64', ['batch']);
  const weights = (shape: readonly number[]) =>
    builder.initializer(
      builder.unique('w'),
      float32(
        Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => Math.sin(at)),
        shape,
      ),
    );
  const attributes = { hidden_size: int(2), direction: text('reverse') };
  const [, last] = builder.node('LSTM', [x, weights([1, 8, 2]), weights([1, 8, 2])], {
    outputs: 3,
    attributes,
  });
  builder.output('y', last!);
  const model = graphModel(builder.build());
  const session = await openSession(encodeModel(withLengths(model, 'lengths')), { optimization: 'disabled' });
  const run = async (padding: number) => {
    const feeds = { x: float32([1, 2, padding, padding], [2, 1, 2]), lengths: int64([1]) };
    return toNumbers((await session.run(feeds)).y!);
  };
  expect(await run(7)).toEqual(await run(0));
  await session.close();
  expect(() => withLengths(model, 'x')).toThrow(/no input x/);
});
