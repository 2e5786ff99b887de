/** The importance of a head is how much the loss changes as what the head gives is scaled. */
import { expect, test } from '@jest/globals';
import { openSession } from '../../core/engines/session.js';
import { encodeModel } from '../../core/graph/onnx.js';
import { float32, type Tensor, toNumbers } from '../../core/tensor.js';
import { networkOf } from '../../models/networks.js';
import { staticGraph } from '../../models/static-graph.js';
import { batchInputs, type EncodedExample } from '../../training/batching.js';
import { headImportance } from '../../training/head-importance.js';
import { ParameterStore } from '../../training/parameters.js';
import { encoderConfig } from '../fixtures/encoder-config.js';

const { heads, hidden } = encoderConfig;
const network = networkOf('ernie', { ...encoderConfig, layerHeads: [3, 2] });
const parameters = new Map(
  Array.from(ParameterStore.initialize(network.parameters, 3).tensors(), ([name, tensor]) => [
    name,
    float32(
      toNumbers(tensor).map((value, place) => 10 * value + 0.01 * (place % 7)),
      tensor.shape,
    ),
  ]),
);
const examples: EncodedExample[] = [
  { ids: [2, 4, 5, 3], targets: [1, 0], label: 0 },
  { ids: [2, 9, 10, 11, 6, 7, 3], targets: [0, 1], label: 1 },
  { ids: [2, 3], targets: [0, 1], label: 1 },
];

async function lossOf(row: EncodedExample, given: ReadonlyMap<string, Tensor>): Promise<number> {
  const session = await openSession(encodeModel({ graph: staticGraph(network, given) }));
  const logits = toNumbers((await session.run(batchInputs([row]))).logits!);
  await session.close();
  return Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[row.label]!;
}

/** Rows behind one head multiplied by a number. */
function scaled(layer: number, head: number, factor: number): Map<string, Tensor> {
  const name = `layers.${String(layer)}.attention.output.weight`;
  const { data, shape } = parameters.get(name)!;
  const width = hidden / heads;
  const changed = Array.from(data, (value, place) =>
    Math.floor(place / hidden / width) === head ? factor * value : value,
  );
  return new Map<string, Tensor>(parameters).set(name, float32(changed, shape));
}

test('it is the mean over texts of the size of that slope, padded beside others or not', async () => {
  const found = await headImportance(network, parameters, examples);
  expect(found.map(({ length }) => length)).toEqual([3, 2]);
  const step = 0.01;
  for (const [layer, row] of found.entries())
    for (const [head, importance] of row.entries()) {
      const [more, less] = [scaled(layer, head, 1 + step), scaled(layer, head, 1 - step)];
      let sum = 0;
      for (const example of examples)
        sum += Math.abs((await lossOf(example, more)) - (await lossOf(example, less))) / (2 * step);
      const slope = sum / examples.length;
      expect(Math.abs(importance - slope)).toBeLessThan(1e-3 * Math.max(slope, 0.1));
    }
});

test('a network without attention has no heads', async () => {
  const bilstm = networkOf('bilstm', { vocabularySize: 5, embedding: 2, hidden: 2, inner: 2, classes: 2 });
  expect(await headImportance(bilstm, new Map(), [])).toEqual([]);
});
