/** An answer never depends on who else is in the batch, whatever graph is loaded. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openBundle } from '../../core/bundle/read.js';
import { Predictor } from '../../serving/predictor.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-predictor-'));
});
afterAll(() => rm(root, { recursive: true }));

describe.each([false, true])('a graph whose rows depend on each other: %s', (acrossRows) => {
  let predictor: Predictor;
  beforeAll(async () => {
    const folder = await writeTinyBundle(root, { name: acrossRows ? 'mixed' : 'plain', acrossRows });
    predictor = await Predictor.open(await openBundle(folder), 1);
  });
  afterAll(() => predictor.close());

  test('is found out when it opens', () => {
    expect(predictor.rowByRow).toBe(acrossRows);
  });

  test('gives each row what it has alone, whatever its batch-mates', async () => {
    const row = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
        const { predictions, computed } = await predictor.run(rows.map((ids) => ({ ids })));
        for (const [index, ids] of rows.entries())
          expect(predictions[index]).toEqual((await predictor.run([{ ids }])).predictions[0]);
        const needed = rows.reduce((sum, { length }) => sum + length, 0);
        expect(computed).toBeGreaterThanOrEqual(needed);
        if (acrossRows) expect(computed).toBe(needed);
      }),
      { numRuns: 40 },
    );
  });
});

test('pieces that a tokenizer cannot tell are missing in their answer, and fail none beside it', async () => {
  const folder = await writeTinyBundle(root, { name: 'without-pieces' });
  const predictor = await Predictor.open(await openBundle(folder), 1);
  Object.assign(predictor.tokenizer, { pieces: undefined });
  const { predictions } = await predictor.run([{ text: '很好', pieces: true }, { text: '很好' }]);
  expect(predictions[0]).toEqual(predictions[1]);
  await predictor.close();
});
