/** Gradients against finite differences, and the Bi-LSTM's against TensorFlow.js's own differentiation. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSession } from '../../core/engines/session.js';
import { useTfjsBackend } from '../../core/engines/tfjs-backend.js';
import { GraphBuilder, type GraphValue } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import { encodeModel } from '../../core/graph/onnx.js';
import { float32, int64, sizeOf, type TensorOf, toNumbers } from '../../core/tensor.js';
import { networkOf } from '../../models/networks.js';
import { differentiate } from '../../training/autodiff/differentiate.js';
import { batchInputs } from '../../training/batching.js';
import { DropoutMasks } from '../../training/dropout.js';
import { GradientSession } from '../../training/gradient-session.js';
import { crossEntropy } from '../../training/losses.js';
import { ParameterStore } from '../../training/parameters.js';
import { randomStream } from '../../training/random.js';
import { dense, tfjsGradients } from './tfjs-gradients.js';

type Expression = (ops: GraphOps, inputs: readonly GraphValue[]) => GraphValue;

/** A scalar of an expression that no symmetry of it can hide a wrong gradient from: its product with fixed weights. */
function weighted(ops: GraphOps, value: GraphValue): GraphValue {
  const size = sizeOf(value.type.shape as number[]);
  const weights = float32(
    Array.from({ length: size }, (_, k) => Math.sin(k + 1)),
    [size],
  );
  return ops.reduceSum(ops.mul(ops.reshape(value, [size]), ops.constant(weights)), [0], false);
}

async function expectGradients(
  expression: Expression,
  inputs: readonly TensorOf<'float32'>[],
): Promise<void> {
  const builder = new GraphBuilder('expression');
  const ops = new GraphOps(builder);
  const values = inputs.map(({ shape }, k) => builder.input(`x${String(k)}`, 'float32', shape));
  builder.output('loss', weighted(ops, expression(ops, values)));
  const parameters = inputs.map((_, k) => ({ name: `x${String(k)}` }));
  const { graph, gradients } = differentiate(builder.build(), { loss: 'loss', parameters });
  const session = await openSession(encodeModel({ graph }));
  const feeds = Object.fromEntries(inputs.map((input, k) => [`x${String(k)}`, input]));
  const found = await session.run(feeds);
  const lossAt = async () => toNumbers((await session.run(feeds)).loss!)[0]!;
  for (const [k, { data }] of inputs.entries()) {
    const gradient = toNumbers(found[gradients.get(`x${String(k)}`)!.gradient]!);
    expect(gradient.length).toBe(data.length);
    for (let i = 0; i < data.length; i += 1) {
      const [value, h] = [data[i]!, 1e-2];
      data[i] = value + h;
      const above = await lossAt();
      data[i] = value - h;
      const below = await lossAt();
      data[i] = value;
      const numeric = (above - below) / (2 * h);
      expect(Math.abs(numeric - gradient[i]!)).toBeLessThanOrEqual(4e-3 * Math.max(1, Math.abs(numeric)));
    }
  }
  await session.close();
}

const positive = (shape: number[]) =>
  float32(
    Array.from({ length: sizeOf(shape) }, (_, k) => 0.6 + ((k * 7) % 5) / 4),
    shape,
  );
const mixed = (shape: number[]) =>
  float32(
    Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(3 * k + 1) * 1.5),
    shape,
  );
const scalar = (ops: GraphOps, value: number) => ops.constant(float32([value], []));

const expressions: Record<string, { of: Expression; inputs: TensorOf<'float32'>[] }> = {
  'add, broadcast': { of: (ops, [a, b]) => ops.add(a!, b!), inputs: [mixed([2, 3]), mixed([3])] },
  'sub, broadcast': { of: (ops, [a, b]) => ops.sub(a!, b!), inputs: [mixed([2, 1, 2]), mixed([3, 1])] },
  'mul, broadcast': { of: (ops, [a, b]) => ops.mul(a!, b!), inputs: [mixed([2, 3]), mixed([2, 1])] },
  div: { of: (ops, [a, b]) => ops.div(a!, b!), inputs: [mixed([2, 3]), positive([3])] },
  neg: { of: (ops, [x]) => ops.neg(x!), inputs: [mixed([3])] },
  exp: { of: (ops, [x]) => ops.exp(x!), inputs: [mixed([3])] },
  log: { of: (ops, [x]) => ops.log(x!), inputs: [positive([4])] },
  sqrt: { of: (ops, [x]) => ops.sqrt(x!), inputs: [positive([4])] },
  tanh: { of: (ops, [x]) => ops.tanh(x!), inputs: [mixed([4])] },
  sigmoid: { of: (ops, [x]) => ops.sigmoid(x!), inputs: [mixed([4])] },
  relu: { of: (ops, [x]) => ops.relu(x!), inputs: [mixed([5])] },
  erf: { of: (ops, [x]) => ops.erf(x!), inputs: [mixed([4])] },
  'gelu of erf': {
    of: (ops, [x]) =>
      ops.mul(
        ops.mul(x!, scalar(ops, 0.5)),
        ops.add(scalar(ops, 1), ops.erf(ops.div(x!, scalar(ops, Math.SQRT2)))),
      ),
    inputs: [mixed([4])],
  },
  where: {
    of: (ops, [a, b]) => ops.where(ops.less(a!, b!), ops.mul(a!, a!), b!),
    inputs: [mixed([2, 3]), float32([0.1, -0.2, 0.3])],
  },
  'matMul of matrices': { of: (ops, [a, b]) => ops.matMul(a!, b!), inputs: [mixed([2, 3]), mixed([3, 2])] },
  'matMul, shared matrix': {
    of: (ops, [a, b]) => ops.matMul(a!, b!),
    inputs: [mixed([2, 2, 3]), mixed([3, 2])],
  },
  'matMul, batched': {
    of: (ops, [a, b]) => ops.matMul(a!, b!),
    inputs: [mixed([2, 2, 3]), mixed([1, 3, 2])],
  },
  softmax: { of: (ops, [x]) => ops.softmax(x!, -1), inputs: [mixed([2, 3])] },
  logSoftmax: { of: (ops, [x]) => ops.logSoftmax(x!, 1), inputs: [mixed([2, 3, 2])] },
  layerNormalization: {
    of: (ops, [x, s, b]) => ops.layerNormalization(x!, s!, b!, 1e-5),
    inputs: [mixed([2, 2, 4]), positive([4]), mixed([4])],
  },
  'gather, rows twice': {
    of: (ops, [x]) => ops.gather(x!, ops.constant(int64([2, 0, 2])), 0),
    inputs: [mixed([3, 2])],
  },
  'gather, inner axis': {
    of: (ops, [x]) => ops.gather(x!, ops.constant(int64([1, 0], [2, 1])), 1),
    inputs: [mixed([2, 3])],
  },
  reshape: { of: (ops, [x]) => ops.reshape(x!, [3, -1]), inputs: [mixed([2, 3])] },
  transpose: { of: (ops, [x]) => ops.transpose(x!, [2, 0, 1]), inputs: [mixed([2, 3, 2])] },
  concat: { of: (ops, [a, b]) => ops.concat([a!, b!], 1), inputs: [mixed([2, 1]), mixed([2, 2])] },
  slice: { of: (ops, [x]) => ops.slice(x!, 1, 1, 3), inputs: [mixed([2, 4])] },
  'split, a part unused': { of: (ops, [x]) => ops.split(x!, 0, [1, 2])[1]!, inputs: [mixed([3, 2])] },
  'unsqueeze, squeeze': { of: (ops, [x]) => ops.squeeze(ops.unsqueeze(x!, [0]), [0]), inputs: [mixed([3])] },
  expand: { of: (ops, [x]) => ops.expand(x!, ops.constant(int64([2, 3]))), inputs: [mixed([3])] },
  reduceSum: { of: (ops, [x]) => ops.reduceSum(x!, [0, 2], false), inputs: [mixed([2, 2, 3])] },
  reduceMean: { of: (ops, [x]) => ops.reduceMean(x!, [-1], true), inputs: [mixed([2, 3])] },
  reduceMax: { of: (ops, [x]) => ops.reduceMax(x!, [1], false), inputs: [mixed([2, 3])] },
  reverseSequence: {
    of: (ops, [x]) => ops.reverseSequence(x!, ops.constant(int64([3, 1]))),
    inputs: [mixed([3, 2, 2])],
  },
  'a value used twice': { of: (ops, [x]) => ops.mul(ops.tanh(x!), x!), inputs: [mixed([3])] },
};

test.each(Object.keys(expressions))('%s against finite differences', async (name) => {
  const { of, inputs } = expressions[name]!;
  await expectGradients(of, inputs);
});

describe.each([1, 2] as const)('lstm with %i directions against finite differences', (directions) => {
  const sizes = { time: 3, batch: 2, input: 2, hidden: 2 };
  const inputs = [
    mixed([sizes.time, sizes.batch, sizes.input]),
    mixed([directions, 4 * sizes.hidden, sizes.input]),
    mixed([directions, 4 * sizes.hidden, sizes.hidden]),
    mixed([directions, 8 * sizes.hidden]),
  ];
  test.each(['y', 'lastHidden', 'lastCell'] as const)('%s', async (output) => {
    await expectGradients((ops, [x, weight, recurrence, bias]) => {
      const lengths = ops.cast(ops.constant(int64([3, 2])), 'int32');
      return ops.lstm(
        { x: x!, weight: weight!, recurrence: recurrence!, bias: bias!, lengths },
        sizes.hidden,
        directions,
      )[output];
    }, inputs);
  });
});

describe('the Bi-LSTM', () => {
  beforeAll(() => useTfjsBackend('cpu'));
  const network = networkOf('bilstm', { vocabularySize: 12, embedding: 4, hidden: 3, inner: 3, classes: 2 });

  test('has the gradients that TensorFlow.js finds, the embedding rows too', async () => {
    const row = fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 1000 }),
        async (texts, seed) => {
          const rows = texts.map((ids, k) => ({
            ids,
            targets: k % 2 === 0 ? [1, 0] : [0, 1],
            label: (k % 2) as 0 | 1,
          }));
          const parameters = ParameterStore.initialize(network.parameters, seed);
          const masks = new DropoutMasks(network.dropoutSites, 0.3).draw(
            { batch_size: rows.length, sequence_length: Math.max(...texts.map(({ length }) => length)) },
            randomStream(seed, 'dropout', 0),
          );
          const targets = float32(
            rows.flatMap((one) => one.targets),
            [rows.length, 2],
          );
          const session = await GradientSession.open(network, crossEntropy, parameters, {
            intraOpThreads: 1,
          });
          const found = await session.run(batchInputs(rows), masks, targets);
          await session.close();

          const expected = tfjsGradients(network, parameters, batchInputs(rows), masks, targets);
          expect(found.loss).toBeCloseTo(expected.loss, 5);
          for (const [name, values] of expected.gradients) {
            dense(found.gradients.get(name)!, values.length).forEach((number, i) => {
              expect(Math.abs(number - values[i]!)).toBeLessThanOrEqual(1e-5);
            });
          }
        },
      ),
      { numRuns: 6, examples: [[[[1]], 0]] },
    );
  });
});

test('an operator without a rule is named', () => {
  const builder = new GraphBuilder('g');
  const x = builder.input('x', 'float32', [2]);
  const [y] = builder.node('Ceil', [x]);
  builder.output('loss', new GraphOps(builder).reduceSum(y!, [0], false));
  expect(() => differentiate(builder.build(), { loss: 'loss', parameters: [{ name: 'x' }] })).toThrow(/Ceil/);
});
