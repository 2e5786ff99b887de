/** The encoder of the BERT and ERNIE family: published shapes, and rows that do not depend on each other. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSession } from '../../core/engines/session.js';
import { encodeModel } from '../../core/graph/onnx.js';
import { int32, int64, toNumbers } from '../../core/tensor.js';
import { encoderPresets } from '../../models/encoder-presets.js';
import { networkOf } from '../../models/networks.js';
import { staticGraph } from '../../models/static-graph.js';
import { ParameterStore } from '../../training/parameters.js';

/** Millions of parameters without the classifier: those of ERNIE 3.0 are published as 118, 75, 27, 23 and 18. */
const millions = {
  'ernie-1.0': 99.9,
  'ernie-tiny': 90.7,
  'ernie-gram-zh': 99.9,
  'ernie-3.0-base-zh': 117.9,
  'ernie-3.0-medium-zh': 75.4,
  'ernie-3.0-mini-zh': 26.9,
  'ernie-3.0-micro-zh': 23.4,
  'ernie-3.0-nano-zh': 17.9,
} as const;

test.each(Object.entries(encoderPresets))('%s builds with its published size', (name, config) => {
  const network = networkOf('ernie', config);
  const sizes = network.parameters
    .filter((spec) => !spec.name.startsWith('classifier.'))
    .map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  expect(sizes.reduce((a, b) => a + b, 0) / 1e6).toBeCloseTo(millions[name as keyof typeof millions], 1);
  const graph = staticGraph(network, 'inputs');
  expect(graph.types.get('logits')).toEqual({ dtype: 'float32', shape: ['batch_size', 2] });
});

test('a hidden size that its heads do not divide is refused', () => {
  expect(() => networkOf('ernie', { ...encoderPresets['ernie-1.0'], heads: 7 })).toThrow(
    expect.objectContaining({ code: 'network_config_invalid' }),
  );
});

test('a text has the same logits alone, padded and batched', async () => {
  const config = {
    ...encoderPresets['ernie-3.0-nano-zh'],
    vocabularySize: 50,
    hidden: 24,
    inner: 40,
    positions: 20,
  };
  const network = networkOf('ernie', { ...config, layers: 2 });
  const parameters = ParameterStore.initialize(network.parameters, 1).tensors();
  const session = await openSession(encodeModel({ graph: staticGraph(network, parameters) }));
  const logits = async (rows: readonly number[][], width: number) => {
    const ids = rows.flatMap((row) => [...row, ...Array.from({ length: width - row.length }, () => 0)]);
    const feeds = {
      input_ids: int64(ids, [rows.length, width]),
      sequence_lengths: int32(rows.map(({ length }) => length)),
    };
    const { logits: found } = await session.run(feeds);
    return toNumbers(found!);
  };
  const row = fc.array(fc.integer({ min: 1, max: 49 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 12, max: 20 }),
      async (rows, width) => {
        const together = await logits(rows, width);
        for (const [index, one] of rows.entries()) {
          const alone = await logits([one], one.length);
          alone.forEach((value, k) => {
            expect(Math.abs(value - together[2 * index + k]!)).toBeLessThanOrEqual(1e-5);
          });
        }
      },
    ),
    { numRuns: 20 },
  );
  await session.close();
});
