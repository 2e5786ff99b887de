/** What is told of a model agrees with what can be counted by hand, and costs no reading of its tensors. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import { float32 } from '../../../core/tensor.js';
import { inspectModel } from '../../../export/inspect/inspect-model.js';
import { smallBranches, smallEncoder, smallOddities, smallStudent } from '../../fixtures/small-models.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-inspect-'));
});
afterAll(() => rm(root, { recursive: true }));

async function inspected(bytes: Uint8Array, ...shapes: Record<string, number>[]) {
  const file = path.join(root, 'model.onnx');
  await writeFile(file, bytes);
  return inspectModel(file, shapes);
}

/** The model of x [batch_size, sequence_length, 4] to y. */
function modelOf(compute: (ops: GraphOps, x: GraphValue, builder: GraphBuilder) => GraphValue): Uint8Array {
  const builder = new GraphBuilder('g');
  const x = builder.input('x', 'float32', ['batch_size', 'sequence_length', 4]);
  builder.output('y', compute(new GraphOps(builder), x, builder));
  return encodeModel({ graph: builder.build() });
}

const weight = float32(new Float32Array(12), [4, 3]);

test('a product is counted by hand: 2 m n k operations, what is read and written', async () => {
  const bytes = modelOf((ops, x, builder) => ops.matMul(x, builder.initializer('w', weight)));
  const { profiles, formulas, operators, parameters, symbols } = await inspected(bytes, {
    batch_size: 2,
    sequence_length: 5,
  });
  expect(symbols).toEqual(['batch_size', 'sequence_length']);
  expect(operators).toEqual({ MatMul: 1 });
  expect(parameters).toEqual({ tensors: 1, elements: 12, bytes: 48 });
  expect(profiles).toMatchObject([
    {
      flops: 2 * 10 * 3 * 4,
      bytes: 4 * (10 * 4 + 12 + 10 * 3),
      activations: { bytes: 4 * 10 * 3, node: 'MatMul' },
      uncounted: [],
    },
  ]);
  expect(formulas.flops).toEqual([{ coefficient: 24, powers: { batch_size: 1, sequence_length: 1 } }]);
  expect(formulas.bytes).toEqual([
    { coefficient: 48, powers: { batch_size: 0, sequence_length: 0 } },
    { coefficient: 28, powers: { batch_size: 1, sequence_length: 1 } },
  ]);
});

test('activations are those that are computed and not yet read for the last time; views are none of their own', async () => {
  // a and b live at once while their sum is computed; the reshaped a is a.
  const bytes = modelOf((ops, x) => {
    const a = ops.tanh(x);
    const view = ops.reshape(a, [0, 0, 4]);
    const b = ops.exp(view);
    return ops.relu(ops.add(view, b));
  });
  const { profiles } = await inspected(bytes, { batch_size: 1, sequence_length: 8 });
  expect(profiles[0]!.activations).toEqual({ bytes: 3 * 8 * 4 * 4, node: 'Add' });
});

test('attention is quadratic in the length, and the formula says so', async () => {
  const { formulas, profiles } = await inspected(smallEncoder(), { batch_size: 3, sequence_length: 7 });
  const terms = formulas.flops!;
  expect(terms.some(({ powers }) => powers.sequence_length === 2 && powers.batch_size === 1)).toBe(true);
  const value = terms.reduce(
    (sum, { coefficient, powers }) =>
      sum + coefficient * 3 ** powers.batch_size! * 7 ** powers.sequence_length!,
    0,
  );
  expect(value).toBeCloseTo(profiles[0]!.flops, 3);
  expect(profiles[0]!.uncounted).toEqual([]);
});

describe('sizes', () => {
  test('are told for lengths of their own where none are given', async () => {
    const { profiles } = await inspected(smallStudent());
    expect(profiles.map(({ sizes }) => sizes)).toEqual(
      [16, 64, 128].map((sequence_length) => ({ batch_size: 1, sequence_length })),
    );
  });

  test('of what the inputs do not have are refused, with what they have', async () => {
    await expect(inspected(smallStudent(), { length: 3 })).rejects.toMatchObject({
      code: 'graph_symbol_unknown',
      hint: 'It has: batch_size, sequence_length.',
    });
  });
});

test('subgraphs count, the dearer branch of an If; operators that are not known are named', async () => {
  const { operators, profiles } = await inspected(smallBranches(), { batch_size: 5 });
  expect(operators).toMatchObject({ If: 1, MatMul: 2, 'org.example:Sharpen': 1 });
  const [profile] = profiles;
  expect(profile!.operators.find(({ operator }) => operator === 'MatMul')?.flops).toBe(2 * 5 * 3 * 3);
  expect(profile!.uncounted).toEqual(['org.example:Sharpen']);
});

test('what no value here holds is listed all the same', async () => {
  const { functions, largest, producer, opsets } = await inspected(smallOddities());
  expect({ functions, producer, opsets }).toEqual({
    functions: 1,
    producer: 'odd',
    opsets: { 'ai.onnx': 17, local: 1 },
  });
  expect(largest.map(({ dataType }) => dataType)).toContain('string');
});
