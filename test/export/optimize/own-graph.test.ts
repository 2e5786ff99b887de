/** The graphs of this product's networks end fully fused, and every parameter is still found by its name. */
import { describe, expect, test } from '@jest/globals';
import { openSession } from '../../../core/engines/session.js';
import type { Graph } from '../../../core/graph/ir.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import { storedTensor } from '../../../core/graph/stored-parameters.js';
import { float32, sizeOf, type Tensor, toNumbers } from '../../../core/tensor.js';
import { paddedBatch } from '../../../core/padded-batch.js';
import { optimizedOwn } from '../../../export/optimize/own-graph.js';
import { type BoundNetwork, networkOf } from '../../../models/networks.js';
import { staticGraph } from '../../../models/static-graph.js';

const encoderConfig = {
  vocabularySize: 50,
  hidden: 16,
  layers: 2,
  heads: 2,
  inner: 32,
  activation: 'gelu',
  positions: 24,
  padId: 0,
  positionOffset: 0,
  tokenTypes: 2,
  taskTypes: 3,
  layerNormEpsilon: 1e-12,
  pooler: true,
  classes: 2,
  pairs: false,
};

const networks: Readonly<Record<string, { network: BoundNetwork; count: Readonly<Record<string, number>> }>> =
  {
    'the encoder with gelu': {
      network: networkOf('ernie', encoderConfig),
      count: {
        Cast: 1,
        EmbedLayerNormalization: 1,
        Attention: 2,
        SkipLayerNormalization: 4,
        BiasGelu: 2,
        MatMul: 6,
        Gather: 1,
        FusedGemm: 1,
        Gemm: 1,
      },
    },
    'the encoder with relu': {
      network: networkOf('ernie', { ...encoderConfig, activation: 'relu', taskTypes: 0 }),
      count: {
        Cast: 1,
        EmbedLayerNormalization: 1,
        Attention: 2,
        SkipLayerNormalization: 4,
        Add: 2,
        Relu: 2,
        MatMul: 6,
        Gather: 1,
        FusedGemm: 1,
        Gemm: 1,
      },
    },
    'the student': {
      network: networkOf('bilstm', { vocabularySize: 50, embedding: 8, hidden: 6, inner: 5, classes: 2 }),
      count: { Transpose: 2, Gather: 1, LSTM: 1, Reshape: 1, FusedGemm: 1, Gemm: 1 },
    },
  };

/** Of every parameter its own numbers. */
function parametersOf({ parameters }: BoundNetwork): Map<string, Tensor> {
  let next = 1;
  return new Map(
    parameters.map(({ name, shape }) => [
      name,
      float32(
        Float32Array.from({ length: sizeOf(shape) }, () => Math.sin((next += 1)) / 3),
        shape,
      ),
    ]),
  );
}

async function logitsOf(graph: Graph): Promise<number[]> {
  const session = await openSession(encodeModel({ graph }), { optimization: 'disabled' });
  const rows = [[3, 4, 5, 6, 7], [8, 9], [10]];
  const { logits } = await session.run(paddedBatch(rows)).finally(() => session.close());
  return toNumbers(logits!);
}

describe.each(Object.entries(networks))('%s', (_, { network, count }) => {
  const parameters = parametersOf(network);
  const plain = staticGraph(network, parameters);
  const optimized = optimizedOwn(plain, {
    versions: null,
    parameters,
    disabled: [],
    latency: false,
  });

  test('has these operators', async () => {
    const found: Record<string, number> = {};
    for (const { opType } of (await optimized).model.graph.nodes) found[opType] = (found[opType] ?? 0) + 1;
    expect(found).toEqual(count);
  });

  test('gives what it gave, on rows of unlike lengths', async () => {
    const [before, after] = [await logitsOf(plain), await logitsOf((await optimized).model.graph)];
    expect(after).toHaveLength(6);
    after.forEach((value, at) => {
      expect(value).toBeCloseTo(before[at]!, 4);
    });
  });

  test('keeps every parameter', async () => {
    const options = { versions: null, parameters, disabled: [], latency: true };
    const opened = await optimizedOwn(plain, options);
    expect([...opened.model.graph.initializers.keys()].filter((name) => name.includes('weight_1'))).toEqual(
      [],
    );
    for (const { model } of [await optimized, opened])
      for (const [name, tensor] of parameters)
        expect(storedTensor(model.graph.initializers, name)).toEqual(tensor);
  });
});
