/** The benchmark of a training step: what it reports, not how fast anything is. */
import { expect, test } from '@jest/globals';
import { networkOf } from '../../../models/networks.js';
import { benchStep } from '../../../training/bench/step-bench.js';
import { renderStepBench, stepBenchSchema } from '../../../training/bench/step-report.js';

const config = { vocabularySize: 50, embedding: 8, hidden: 8, inner: 8, classes: 2 };

test('every part has a time a word, and the conditions are stated', async () => {
  const seen: number[] = [];
  const report = await benchStep({
    name: 'small',
    network: networkOf('bilstm', config),
    vocabularySize: config.vocabularySize,
    optimizer: 'adam',
    loss: 'cross-entropy',
    dropout: 0.1,
    clipNorm: 1,
    batchSize: 6,
    microBatchSize: 4,
    length: 10,
    steps: 3,
    intraOpThreads: 1,
    seed: 1,
    openPeer: async (lengths) => {
      expect(lengths).toHaveLength(6);
      return { version: '0', step: async () => 1e4, close: async () => undefined };
    },
    onProgress: (done) => seen.push(done),
  });
  expect(stepBenchSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  for (const { estimate, interval } of Object.values(report.microsecondsPerWord)) {
    expect(estimate).toBeGreaterThan(0);
    expect(interval[0]).toBeLessThanOrEqual(interval[1]);
  }
  const { gradients, update, step } = report.microsecondsPerWord;
  expect(step.interval[1]).toBeGreaterThanOrEqual(Math.max(gradients.interval[0], update.interval[0]));
  // Table 50 x 8; each direction 4 gates x 8 x (8 + 8), with two biases of 32; 16 x 8 + 8; 8 x 2 + 2.
  expect(report.parameters).toBe(50 * 8 + 2 * (4 * 8 * 16 + 2 * 32) + (16 * 8 + 8) + (8 * 2 + 2));
  expect(seen).toEqual([-2, -1, 0, 1, 2, 3]);
  expect(report.pytorch!.timeOverOurs.estimate).toBeGreaterThan(1);
  expect(renderStepBench(report)).toContain('PyTorch 0');
  expect(renderStepBench(report)).toMatch(
    /batch 6 in parts of 4, rows of 5 to 10 random words .* 1 thread, 3 steps/,
  );
});
