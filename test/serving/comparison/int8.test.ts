/** A bundle whose weights are stored as int8 alone: every engine computes with the widened ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBundle } from '../../../core/bundle/read.js';
import { exportRun } from '../../../export/run-to-bundle.js';
import { batchesOf } from '../../../serving/comparison/batches.js';
import { compare } from '../../../serving/comparison/compare.js';
import { enginesNamed } from '../../../serving/comparison/engines.js';
import { idsOf, networkShape } from '../../../serving/comparison/network.js';
import { renderComparison } from '../../../serving/comparison/report.js';
import { writeTinyRun } from '../../fixtures/tiny-run.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-int8-'));
  await writeTinyRun(path.join(root, 'run'));
});
afterAll(() => rm(root, { recursive: true }));

test('is compared as it is served', async () => {
  const { folder } = await exportRun({
    run: path.join(root, 'run'),
    repository: path.join(root, 'models'),
    name: 'tiny',
    version: '1',
    precisions: ['int8'],
    splits: [],
    notes: null,
    replace: false,
    now: new Date(0),
  });
  const bundle = await openBundle(folder);
  const { inputs, classes } = networkShape(bundle);
  const result = await compare(bundle, {
    engines: enginesNamed(['static-unoptimized', 'ort-eager']),
    batches: batchesOf(await idsOf(bundle, null), 2, inputs),
    runs: 2,
    threads: 1,
    seed: 1,
    classes,
    tolerance: 1e-5,
  });
  expect(result).toMatchObject({ precision: 'int8', agree: true });
  expect(result.engines.map(({ status }) => status)).toEqual(['ran', 'ran', 'ran']);
  expect(renderComparison(result)).toContain('tiny/1 int8, 5 texts');
});
