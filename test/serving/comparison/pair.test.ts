import { expect, test } from '@jest/globals';
import { runPair } from '../../../serving/comparison/pair.js';
import { stubBundle, stubEngine } from './stub-engine.js';

test.each([
  [true, ['eager', 'static', 'static', 'eager']],
  [false, ['static', 'eager', 'eager', 'static']],
])('static first: %s: the engine that is timed first warms up last', async (staticFirst, order) => {
  const log: string[] = [];
  const prepare = (name: string) =>
    stubEngine(name, { log }).prepare(stubBundle(), 1, stubBundle().manifest.variants[0]);
  const engines = [await prepare('static'), await prepare('eager')] as const;
  const feeds = { input_ids: { dtype: 'int64', shape: [1, 1], data: BigInt64Array.of(3n) } } as const;
  const { difference } = await runPair(engines, { feeds, rows: 1, words: 1 }, staticFirst);
  expect(log).toEqual(order);
  expect(difference).toBe(0);
});
