/**
 * Every op of the vocabulary on every interpreter against golden values (fixtures/ops/generate.py), and on random
 * shapes against each other.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { OrtEagerOps } from '../../core/engines/ort-eager-ops.js';
import { openSession } from '../../core/engines/session.js';
import { useTfjsBackend } from '../../core/engines/tfjs-backend.js';
import { TfjsOps, toTensor } from '../../core/engines/tfjs-ops.js';
import { GraphBuilder } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import { encodeModel } from '../../core/graph/onnx.js';
import type { Ops } from '../../core/ops.js';
import { type DType, float32, int32, sizeOf, tensor, type Tensor, toNumbers } from '../../core/tensor.js';
import { fixtureUrl } from '../fixture-url.js';

interface Settings {
  axis: number;
  axes: number[];
  keepDims: boolean;
  epsilon: number;
  shape: number[];
  permutation: number[];
  sizes: number[];
  start: number;
  end: number;
  dtype: DType;
  hidden: number;
  directions: 1 | 2;
}

type Call = <T>(ops: Ops<T>, inputs: T[], settings: Settings) => T | readonly T[];

/** How the vocabulary's ops take a golden's inputs and settings. */
const calls: Record<Exclude<keyof Ops<unknown>, 'constant'>, Call> = {
  add: (ops, [a, b]) => ops.add(a!, b!),
  sub: (ops, [a, b]) => ops.sub(a!, b!),
  mul: (ops, [a, b]) => ops.mul(a!, b!),
  div: (ops, [a, b]) => ops.div(a!, b!),
  neg: (ops, [x]) => ops.neg(x!),
  sqrt: (ops, [x]) => ops.sqrt(x!),
  exp: (ops, [x]) => ops.exp(x!),
  log: (ops, [x]) => ops.log(x!),
  tanh: (ops, [x]) => ops.tanh(x!),
  sigmoid: (ops, [x]) => ops.sigmoid(x!),
  relu: (ops, [x]) => ops.relu(x!),
  erf: (ops, [x]) => ops.erf(x!),
  equal: (ops, [a, b]) => ops.equal(a!, b!),
  less: (ops, [a, b]) => ops.less(a!, b!),
  where: (ops, [c, a, b]) => ops.where(c!, a!, b!),
  cast: (ops, [x], { dtype }) => ops.cast(x!, dtype),
  matMul: (ops, [a, b]) => ops.matMul(a!, b!),
  softmax: (ops, [x], { axis }) => ops.softmax(x!, axis),
  logSoftmax: (ops, [x], { axis }) => ops.logSoftmax(x!, axis),
  layerNormalization: (ops, [x, scale, bias], { epsilon }) =>
    ops.layerNormalization(x!, scale!, bias!, epsilon),
  gather: (ops, [data, indices], { axis }) => ops.gather(data!, indices!, axis),
  reshape: (ops, [x], { shape }) => ops.reshape(x!, shape),
  transpose: (ops, [x], { permutation }) => ops.transpose(x!, permutation),
  concat: (ops, xs, { axis }) => ops.concat(xs, axis),
  slice: (ops, [x], { axis, start, end }) => ops.slice(x!, axis, start, end),
  split: (ops, [x], { axis, sizes }) => ops.split(x!, axis, sizes),
  unsqueeze: (ops, [x], { axes }) => ops.unsqueeze(x!, axes),
  squeeze: (ops, [x], { axes }) => ops.squeeze(x!, axes),
  shape: (ops, [x]) => ops.shape(x!),
  expand: (ops, [x, shape]) => ops.expand(x!, shape!),
  cumSum: (ops, [x], { axis }) => ops.cumSum(x!, axis),
  reduceSum: (ops, [x], { axes, keepDims }) => ops.reduceSum(x!, axes, keepDims),
  reduceMean: (ops, [x], { axes, keepDims }) => ops.reduceMean(x!, axes, keepDims),
  reduceMax: (ops, [x], { axes, keepDims }) => ops.reduceMax(x!, axes, keepDims),
  reverseSequence: (ops, [x, lengths]) => ops.reverseSequence(x!, lengths!),
  lstm: (ops, [x, weight, recurrence, bias, lengths], { hidden, directions }) => {
    const inputs = { x: x!, weight: weight!, recurrence: recurrence!, bias: bias!, lengths: lengths! };
    const { y, lastHidden, lastCell } = ops.lstm(inputs, hidden, directions);
    return [y, lastHidden, lastCell];
  },
};

interface Interpreter {
  readonly name: string;
  run(call: Call, inputs: readonly Tensor[], settings: Settings): Promise<Tensor[]>;
}

const listed = <T>(result: T | readonly T[]): readonly T[] =>
  Array.isArray(result) ? result : [result as T];
const eager = new OrtEagerOps();

const interpreters: readonly Interpreter[] = [
  {
    name: 'GraphOps',
    async run(call, inputs, settings) {
      const builder = new GraphBuilder('conformance');
      const values = inputs.map(({ dtype, shape }, k) => builder.input(`in${String(k)}`, dtype, shape));
      const outputs = listed(call(new GraphOps(builder), values, settings));
      outputs.forEach((value, k) => {
        builder.output(`out${String(k)}`, value);
      });
      const session = await openSession(encodeModel({ graph: builder.build() }), {
        optimization: 'disabled',
      });
      const found = await session.run(
        Object.fromEntries(inputs.map((value, k) => [`in${String(k)}`, value])),
      );
      await session.close();
      const tensors = session.outputs.map((name) => found[name]!);
      // What inference says of a shape that it knows is what comes out.
      outputs.forEach(({ type }, k) => {
        expect(type.dtype).toBe(tensors[k]!.dtype);
        type.shape?.forEach((size, axis) => {
          if (typeof size === 'number') expect(tensors[k]!.shape[axis]).toBe(size);
        });
      });
      return tensors;
    },
  },
  {
    name: 'OrtEagerOps',
    run: (call, inputs, settings) =>
      Promise.all(
        listed(
          call(
            eager,
            inputs.map((value) => eager.constant(value)),
            settings,
          ),
        ),
      ),
  },
  {
    name: 'TfjsOps',
    run: async (call, inputs, settings) => {
      const ops = new TfjsOps();
      const kept = tf.tidy(() => [
        ...listed(
          call(
            ops,
            inputs.map((value) => ops.constant(value)),
            settings,
          ),
        ),
      ]);
      const tensors = await Promise.all(kept.map(toTensor));
      tf.dispose(kept);
      return tensors;
    },
  },
];

interface PackedTensor {
  dtype: DType;
  shape: number[];
  data: (number | boolean | string)[];
}
interface GoldenCase {
  op: keyof typeof calls;
  settings: Settings;
  inputs: PackedTensor[];
  outputs: PackedTensor[];
}
const goldens = JSON.parse(readFileSync(fixtureUrl('ops/goldens.json'), 'utf8')) as { cases: GoldenCase[] };

function unpack({ dtype, shape, data }: PackedTensor): Tensor {
  const numbers = data.map((value) => (value === '-inf' ? -Infinity : Number(value)));
  switch (dtype) {
    case 'int64':
      return tensor(dtype, BigInt64Array.from(numbers, BigInt), shape);
    case 'int32':
      return int32(numbers, shape);
    case 'bool':
      return tensor(dtype, Uint8Array.from(numbers), shape);
    default:
      return float32(numbers, shape);
  }
}

/** TensorFlow.js has no int64. */
const kindOf = (dtype: DType) => (dtype.startsWith('int') ? 'integer' : dtype);

function expectClose(found: readonly Tensor[], expected: readonly Tensor[]): void {
  expect(found.length).toBe(expected.length);
  found.forEach((value, k) => {
    const wanted = expected[k]!;
    expect(kindOf(value.dtype)).toBe(kindOf(wanted.dtype));
    expect(value.shape).toEqual(wanted.shape);
    const numbers = toNumbers(wanted);
    toNumbers(value).forEach((number, i) => {
      const target = numbers[i]!;
      if (Object.is(number, target) || number === target) return;
      expect(Math.abs(number - target)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(target)));
    });
  });
}

beforeAll(() => useTfjsBackend('wasm'));
afterAll(() => eager.close());

test('every op of the vocabulary has goldens', () => {
  const vocabulary = Object.getOwnPropertyNames(GraphOps.prototype).filter(
    (name) => name !== 'constructor' && name !== 'constant',
  );
  expect(new Set(goldens.cases.map(({ op }) => op))).toEqual(new Set(vocabulary));
});

describe.each(interpreters)('$name', (interpreter) => {
  test.each([...new Set(goldens.cases.map(({ op }) => op))])('%s gives the golden values', async (op) => {
    for (const { settings, inputs, outputs } of goldens.cases.filter((one) => one.op === op)) {
      expectClose(await interpreter.run(calls[op], inputs.map(unpack), settings), outputs.map(unpack));
    }
  });
});

describe('on random shapes the interpreters agree', () => {
  const size = fc.integer({ min: 1, max: 5 });
  const shapes = fc.array(size, { minLength: 1, maxLength: 4 });
  const floats = (shape: readonly number[]) =>
    fc
      .array(fc.integer({ min: -3000, max: 3000 }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
      .map((values) =>
        float32(
          values.map((value) => value / 1000),
          [...shape],
        ),
      );
  const none = {} as Settings;

  async function agree(call: Call, inputs: readonly Tensor[], settings: Settings = none): Promise<void> {
    const [first, ...others] = await Promise.all(
      interpreters.map((interpreter) => interpreter.run(call, inputs, settings)),
    );
    for (const other of others) expectClose(other, first!);
  }

  test.each(['neg', 'exp', 'tanh', 'sigmoid', 'relu', 'erf'] as const)('%s', async (op) => {
    await fc.assert(
      fc.asyncProperty(shapes.chain(floats), (x) => agree(calls[op], [x])),
      { numRuns: 10 },
    );
  });

  test.each(['add', 'sub', 'mul'] as const)('%s broadcasts', async (op) => {
    const pair = shapes.chain((shape) =>
      fc.tuple(
        floats(shape),
        fc
          .array(fc.boolean(), { minLength: shape.length, maxLength: shape.length })
          .chain((ones) => floats(shape.map((n, k) => (ones[k] ? 1 : n)))),
      ),
    );
    await fc.assert(
      fc.asyncProperty(pair, (inputs) => agree(calls[op], inputs)),
      { numRuns: 10 },
    );
  });

  test('matMul, and softmax rows add up to 1', async () => {
    const sizes = fc
      .tuple(size, size, size, size)
      .chain(([n, m, k, p]) => fc.tuple(floats([n, m, k]), floats([k, p])));
    await fc.assert(
      fc.asyncProperty(sizes, async ([a, b]) => {
        await agree(calls.matMul, [a, b]);
        await agree(calls.softmax, [a], { ...none, axis: -1 });
        const [rows] = await interpreters[1]!.run(
          (ops, [x]) => ops.reduceSum(ops.softmax(x!, -1), [-1], false),
          [a],
          none,
        );
        for (const sum of toNumbers(rows!)) expect(sum).toBeCloseTo(1, 5);
      }),
      { numRuns: 10 },
    );
  });

  test('transpose and reduceSum', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(size, size, size).chain(floats), async (x) => {
        await agree(calls.transpose, [x], { ...none, permutation: [2, 0, 1] });
        await agree(calls.reduceSum, [x], { ...none, axes: [0, 2], keepDims: true });
      }),
      { numRuns: 10 },
    );
  });

  test('lstm, and a row alone is what it is in a padded batch', async () => {
    const cases = fc.tuple(
      fc.integer({ min: 1, max: 4 }),
      size,
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    );
    const inputs = cases.chain(([hidden, width, lengths]) =>
      fc.tuple(
        floats([Math.max(...lengths), lengths.length, width]),
        floats([2, 4 * hidden, width]),
        floats([2, 4 * hidden, hidden]),
        floats([2, 8 * hidden]),
        fc.constant(int32(lengths)),
        fc.constant(hidden),
      ),
    );
    await fc.assert(
      fc.asyncProperty(inputs, async ([x, w, r, b, lengths, hidden]) => {
        const settings: Settings = { ...none, hidden, directions: 2 };
        await agree(calls.lstm, [x, w, r, b, lengths], settings);
        const [, batch = 1, width = 1] = x.shape;
        const [, together] = await interpreters[0]!.run(calls.lstm, [x, w, r, b, lengths], settings);
        for (let row = 0; row < batch; row += 1) {
          const length = lengths.data[row]!;
          const alone = Array.from(
            { length: length * width },
            (_, k) => x.data[(Math.floor(k / width) * batch + row) * width + (k % width)]!,
          );
          const [, last] = await interpreters[0]!.run(
            calls.lstm,
            [float32(alone, [length, 1, width]), w, r, b, int32([length])],
            settings,
          );
          toNumbers(last!).forEach((value, k) => {
            const direction = Math.floor(k / hidden);
            expect(value).toBeCloseTo(
              toNumbers(together!)[(direction * batch + row) * hidden + (k % hidden)]!,
              5,
            );
          });
        }
      }),
      { numRuns: 8 },
    );
  });
});
