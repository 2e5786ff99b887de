/** Moves of word vectors: as long as is asked, and where the loss rises. */
import { expect, test } from '@jest/globals';
import { type BoundNetwork, networkOf } from '../../models/networks.js';
import { float32, sizeOf, tensor, type Tensor } from '../../core/tensor.js';
import { perturbation, vectorsLength } from '../../training/adversarial.js';
import { batchInputs, type EncodedExample } from '../../training/batching.js';
import { DropoutMasks } from '../../training/dropout.js';
import { GradientSession } from '../../training/gradient-session.js';
import { crossEntropy } from '../../training/losses.js';
import { ParameterStore } from '../../training/parameters.js';
import { randomStream } from '../../training/random.js';
import { encoderConfig } from '../fixtures/encoder-config.js';

const { vocabularySize } = encoderConfig;
const networks: readonly (readonly [string, BoundNetwork, string, number])[] = [
  [
    'a Bi-LSTM, whose steps come first',
    networkOf('bilstm', { vocabularySize, embedding: 6, hidden: 5, inner: 5, classes: 2 }),
    'embedding.weight',
    6,
  ],
  [
    'an encoder, whose texts come first',
    networkOf('ernie', encoderConfig),
    'embeddings.word',
    encoderConfig.hidden,
  ],
];

const random = randomStream(4, 'shuffle', 0);
const rows = Array.from({ length: 5 }, (): EncodedExample => {
  const ids = Array.from({ length: 1 + random.below(6) }, () => 2 + random.below(vocabularySize - 2));
  return { ids, targets: random.below(2) === 1 ? [0, 1] : [1, 0], label: 0 };
});
const inputs = batchInputs(rows);
const [batch_size = 0, sequence_length = 0] = inputs.input_ids.shape;
const targets = float32(
  rows.flatMap((row) => [...row.targets]),
  [rows.length, 2],
);

test.each(networks)(
  '%s: a move has its length text by text, and no other raises the loss more',
  async (_, network, table, width) => {
    const parameters = ParameterStore.initialize(network.parameters, 5);
    const masks = new DropoutMasks(network.dropoutSites, 0).draw({ batch_size, sequence_length }, random);
    const session = await GradientSession.open(network, crossEntropy, parameters, {
      intraOpThreads: 1,
      perturbed: true,
    });
    const plain = await GradientSession.open(network, crossEntropy, parameters, { intraOpThreads: 1 });
    const [site] = session.sites;
    expect(session.sites).toHaveLength(1);
    expect(site!.table).toBe(table);
    const still = structuredClone(await session.run(inputs, masks, targets));
    const without = await plain.run(inputs, masks, targets);
    expect(still.loss).toBeCloseTo(without.loss, 6);
    expect([...still.gradients.keys()]).toEqual([...without.gradients.keys()]);
    const gradient = still.siteGradients.get(site!.name)!;
    const lengths = rows.map(({ ids }) => vectorsLength(ids, parameters.arrays.get(table)!, width));
    const size = 1e-3;
    const move = perturbation(site!, gradient, lengths, size);
    const axis = site!.shape.indexOf('batch_size');
    ofTexts(move, axis).forEach((values, text) => {
      expect(Math.hypot(...values)).toBeCloseTo(size * lengths[text]!, 6);
    });
    const lossAt = async (moved: Tensor) =>
      (await session.run(inputs, masks, targets, new Map([[site!.name, moved]]))).loss;
    const risen = await lossAt(move);
    expect(risen).toBeGreaterThan(still.loss);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const any = tensor(
        'float32',
        Float32Array.from({ length: sizeOf(move.shape) }, () => random.uniform() - 0.5),
        move.shape,
      );
      expect(await lossAt(perturbation(site!, any, lengths, size))).toBeLessThan(risen);
    }
    await session.close();
    await plain.close();
  },
);

test('a text whose loss does not depend on its vectors stays where it is', () => {
  const site = { name: 'site', table: 'table', shape: ['batch_size', 'sequence_length', 2] };
  const gradient = float32([0, 0, 0, 0, 3, 4, 0, 0], [2, 2, 2]);
  expect([...perturbation(site, gradient, [1, 10], 0.5).data]).toEqual([0, 0, 0, 0, 3, 4, 0, 0]);
});

/** A tensor's values text by text. */
function ofTexts({ data, shape }: Tensor, axis: number): number[][] {
  const run = sizeOf(shape.slice(axis + 1));
  const texts: number[][] = Array.from({ length: shape[axis]! }, () => []);
  Array.from(data as Float32Array).forEach((value, at) => {
    texts[Math.floor(at / run) % texts.length]!.push(value);
  });
  return texts;
}
