/** Weights stored as int8: how far they may lie from what they were, and what is left alone. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSession } from '../../../core/engines/session.js';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Graph } from '../../../core/graph/ir.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import { RetortError } from '../../../core/errors.js';
import { float32, int64, type Tensor, toNumbers } from '../../../core/tensor.js';
import { quantizeModel } from '../../../export/quantize/quantize.js';
import { schemeOf } from '../../../export/quantize/schemes.js';
import { randomStream } from '../../../training/random.js';

const [rows, columns] = [32, 48];

/** The graph itself where there is nothing to store. */
async function storeInt8(graph: Graph): Promise<Graph> {
  const weights = { type: 'int8', bits: 8, perColumn: true } as const;
  const options = { scheme: schemeOf('int8-stored'), weights, excluded: [], calibration: [] };
  try {
    return (await quantizeModel({ ...decodeModel(encodeModel({ graph })), graph }, options)).model.graph;
  } catch (error) {
    if (error instanceof RetortError && error.code === 'quantize_nothing') return graph;
    throw error;
  }
}

/** Values of several magnitudes, a row of zeros and a column of zeros among them. */
function matrix(seed: number): Tensor {
  const random = randomStream(seed, 'initialisation', 0);
  return float32(
    Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      if (row === 3 || column === 5) return 0;
      return (random.uniform() * 2 - 1) * 10 ** ((row % 4) - (column % 3));
    }),
    [rows, columns],
  );
}

function graphOf(
  expression: (ops: GraphOps, w: GraphValue, builder: GraphBuilder) => GraphValue,
  w: Tensor,
): Graph {
  const builder = new GraphBuilder('g');
  builder.output('y', expression(new GraphOps(builder), builder.initializer('w', w), builder));
  return builder.build();
}

const product = (w: Tensor) =>
  graphOf((ops, value, builder) => ops.matMul(builder.input('x', 'float32', ['batch_size', rows]), value), w);
const lookup = (w: Tensor) =>
  graphOf((ops, value, builder) => ops.gather(value, builder.input('ids', 'int64', ['batch_size']), 0), w);

async function run(graph: Graph, feeds: Record<string, Tensor>, optimization: 'disabled' | 'all' = 'all') {
  const session = await openSession(encodeModel({ graph }), { optimization });
  const { y } = await session.run(feeds);
  await session.close();
  return toNumbers(y!);
}

const identity = float32(
  Array.from({ length: rows * rows }, (_, i) => Number(i % (rows + 1) === 0)),
  [rows, rows],
);
const every = int64([...Array(rows).keys()]);

/** Half a step of the scale of the values that share one, and float32's own rounding. */
function expectWithinHalfAStep(found: readonly number[], w: Tensor, scaleOf: (i: number) => number): void {
  const values = toNumbers(w);
  const largest = new Map<number, number>();
  values.forEach((value, i) =>
    largest.set(scaleOf(i), Math.max(largest.get(scaleOf(i)) ?? 0, Math.abs(value))),
  );
  values.forEach((value, i) => {
    const most = largest.get(scaleOf(i))!;
    expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(most / 254 + most * 1e-6);
  });
}

describe.each(['disabled', 'all'] as const)('optimisation %s', (optimization) => {
  test('a product’s matrix is off by half a step of its column at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const w = matrix(seed);
        const found = await run(await storeInt8(product(w)), { x: identity }, optimization);
        expectWithinHalfAStep(found, w, (i) => i % columns);
      }),
      { numRuns: 10 },
    );
  });

  test('a table is off by half a step of its row at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const w = matrix(seed);
        const found = await run(await storeInt8(lookup(w)), { ids: every }, optimization);
        expectWithinHalfAStep(found, w, (i) => Math.floor(i / columns));
      }),
      { numRuns: 10 },
    );
  });
});

test('an answer does not depend on what else is in the batch', async () => {
  const graph = await storeInt8(product(matrix(1)));
  const row = toNumbers(matrix(2)).slice(0, rows);
  const beside = async (factor: number) => {
    const other = row.map((value, i) => value * factor + i);
    return (await run(graph, { x: float32([...row, ...other], [2, rows]) })).slice(0, columns);
  };
  const alone = await beside(1);
  for (const factor of [0, -3, 1e6]) expect(await beside(factor)).toEqual(alone);
});

test('the file is about a quarter as large', async () => {
  for (const graph of [product(matrix(1)), lookup(matrix(1))]) {
    const scales = 4 * Math.max(rows, columns);
    const overhead = 1000;
    expect(encodeModel({ graph: await storeInt8(graph) }).length).toBeLessThan(
      rows * columns + scales + overhead,
    );
    expect(encodeModel({ graph }).length).toBeGreaterThan(4 * rows * columns);
  }
});

describe('left alone', () => {
  const x = (builder: GraphBuilder, width = columns) => builder.input('x', 'float32', ['batch_size', width]);
  const cases: Record<string, Graph> = {
    'a small matrix': graphOf(
      (ops, w, builder) => ops.matMul(x(builder, 2), w),
      float32([1, 2, 3, 4], [2, 2]),
    ),
    'a left operand': graphOf(
      (ops, w, builder) => ops.matMul(w, builder.input('x', 'float32', [columns, 'n'])),
      matrix(1),
    ),
    'a matrix that is read in two ways': graphOf(
      (ops, w, builder) =>
        ops.matMul(ops.gather(w, builder.input('ids', 'int64', ['n']), 0), ops.transpose(w, [1, 0])),
      matrix(1),
    ),
    'a table that columns are taken of': graphOf(
      (ops, w, builder) => ops.gather(w, builder.input('ids', 'int64', ['n']), 1),
      matrix(1),
    ),
    'a matrix that is added': graphOf((ops, w, builder) => ops.add(w, x(builder)), matrix(1)),
  };

  test.each(Object.entries(cases))('%s', async (_name, graph) => {
    expect((await storeInt8(graph)).initializers.get('w')).toBe(graph.initializers.get('w'));
  });

  test('a matrix that a subgraph reads too', async () => {
    const builder = new GraphBuilder('g');
    const ops = new GraphOps(builder);
    const w = builder.initializer('w', matrix(1));
    builder.output('y', ops.matMul(builder.input('x', 'float32', ['n', rows]), w));
    const body = builder.subgraph('body');
    body.output('z', new GraphOps(body).neg(w));
    const attributes = { then_branch: { kind: 'graph', value: body.build() } } as const;
    builder.output('z_out', builder.node('If', [builder.input('c', 'bool', [])], { attributes })[0]!);
    expect((await storeInt8(builder.build())).initializers.get('w')).toBeDefined();
  });
});

test('what the pass adds takes no name that the graph has further on', async () => {
  const [first, second] = [matrix(1), matrix(2)];
  const builder = new GraphBuilder('g');
  const ops = new GraphOps(builder);
  const ids = builder.input('ids', 'int64', ['batch_size']);
  // The first lookup becomes two nodes of its kind; the small one after it keeps the name that it has.
  const tables = [first, second, float32([1, 2], [2, 1])].map((table, i) =>
    builder.initializer(`t${i}`, table),
  );
  const sums = tables.map((table) => ops.gather(table, ids, 0)).reduce((a, b) => ops.add(a, b));
  builder.output('y', sums);
  const found = await run(await storeInt8(builder.build()), { ids: int64([0]) });
  const expected = toNumbers(first)
    .slice(0, columns)
    .map((value, i) => value + toNumbers(second)[i]! + 1);
  found.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThan(0.1 * Math.max(1, Math.abs(expected[i]!))),
  );
});
