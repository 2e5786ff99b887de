/** The encoder's gradient, dropout and all, against finite differences and against TensorFlow.js. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useTfjsBackend } from '../../core/engines/tfjs-backend.js';
import { float32, type Tensor } from '../../core/tensor.js';
import { networkOf } from '../../models/networks.js';
import { batchInputs, type EncodedExample } from '../../training/batching.js';
import { DropoutMasks } from '../../training/dropout.js';
import { GradientSession } from '../../training/gradient-session.js';
import { crossEntropy } from '../../training/losses.js';
import { ParameterStore } from '../../training/parameters.js';
import { randomStream } from '../../training/random.js';
import { dense, tfjsGradients } from './tfjs-gradients.js';

const relativeError = 1e-3;
const rows: EncodedExample[] = [
  { ids: [3, 5, 7, 9, 2], targets: [1, 0], label: 0 },
  { ids: [3, 2], targets: [0, 1], label: 1 },
  { ids: [3, 11, 5, 5, 12, 4, 2], targets: [0, 1], label: 1 },
];
const inputs = batchInputs(rows);
const targets = float32(
  rows.flatMap((row) => row.targets),
  [3, 2],
);

const norm = (values: Float32Array) => Math.hypot(...values);

describe.each(['relu', 'gelu', 'gelu_new'] as const)('an encoder of two layers with %s', (activation) => {
  beforeAll(() => useTfjsBackend('cpu'));
  const network = networkOf('ernie', {
    vocabularySize: 13,
    layers: 2,
    hidden: 8,
    heads: 2,
    inner: 12,
    positions: 9,
    tokenTypes: 2,
    taskTypes: 3,
    activation,
    layerNormEpsilon: 1e-5,
    padId: 0,
    positionOffset: 1,
    pooler: true,
    classes: 2,
  });
  const parameters = randomParameters();
  const masks = new DropoutMasks(network.dropoutSites, 0.2).draw(
    { batch_size: 3, sequence_length: 7 },
    randomStream(1, 'dropout', 0),
  );

  /** Wide enough that every gradient stands well above the rounding of a float32 loss. */
  function randomParameters(): ParameterStore {
    const random = randomStream(7, 'initialisation', 0);
    const drawn = network.parameters.map(({ name, shape }): [string, Tensor] => {
      const size = shape.reduce((a, b) => a * b, 1);
      const around = name.endsWith('.scale') ? 1 : 0;
      return [
        name,
        float32(
          Array.from({ length: size }, () => around + random.uniform() - 0.5),
          shape,
        ),
      ];
    });
    return ParameterStore.from(network.parameters, new Map(drawn));
  }

  test('has the gradients that TensorFlow.js finds', async () => {
    const session = await GradientSession.open(network, crossEntropy, parameters, { intraOpThreads: 1 });
    const found = await session.run(inputs, masks, targets);
    await session.close();
    const expected = tfjsGradients(network, parameters, inputs, masks, targets);
    expect(found.loss).toBeCloseTo(expected.loss, 5);
    for (const [name, values] of expected.gradients) {
      const gradient = dense(found.gradients.get(name)!, values.length);
      const difference = norm(values.map((value, i) => value - gradient[i]!));
      // A key's bias moves all scores of a query alike, so its gradient is 0 but for rounding.
      const allowed = name.endsWith('key.bias') ? 1e-6 : relativeError * norm(values);
      expect([name, difference <= allowed]).toEqual([name, true]);
    }
  });

  test('has the gradients that finite differences find along a random direction of each parameter', async () => {
    const session = await GradientSession.open(network, crossEntropy, parameters, { intraOpThreads: 1 });
    const loss = async () => (await session.run(inputs, masks, targets)).loss;
    const { gradients } = await session.run(inputs, masks, targets);
    for (const [name, values] of parameters.arrays) {
      if (name.endsWith('key.bias')) continue;
      const gradient = dense(gradients.get(name)!, values.length);
      // Along the gradient itself, where the loss moves most.
      const length = norm(gradient);
      const start = values.slice();
      const at = async (step: number) => {
        values.set(start.map((value, i) => value + (step * gradient[i]!) / length));
        return loss();
      };
      const slope = async (h: number) => ((await at(h)) - (await at(-h))) / (2 * h);
      // The loss is to move by much more than its rounding. Richardson's extrapolation cancels what h^2 adds.
      const errorAt = async (h: number) =>
        Math.abs((4 * (await slope(h)) - (await slope(2 * h))) / 3 - length) / length;
      const longest = Math.min(0.02, 0.004 / length);
      let error = Infinity;
      // A kink of relu within a step falsifies the difference, and a shorter step leaves it out.
      for (const h of [longest, longest / 2, longest / 4])
        if (error > relativeError) error = await errorAt(h);
      values.set(start);
      expect([name, error <= relativeError]).toEqual([name, true]);
    }
    await session.close();
  });
});
