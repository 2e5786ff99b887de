/** A bundle whose weights are stored as int8 alone: every engine computes with the widened ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBundle } from '../../../core/bundle/read.js';
import { exportRun } from '../../../export/run-to-bundle.js';
import { compare } from '../../../serving/comparison/compare.js';
import { enginesNamed } from '../../../serving/comparison/engines.js';
import { steadyClock } from './stub-engine.js';
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
    precisions: ['int8-stored'],
    splits: [],
    notes: null,
    replace: false,
    now: new Date(0),
  });
  const bundle = await openBundle(folder);
  const result = await compare(bundle, {
    engines: enginesNamed(['static-unoptimized', 'static-unfused', 'ort-eager']),
    cells: [{ kind: 'grid', batch: 2, length: null }],
    texts: null,
    runs: 3,
    seedRuns: 1,
    cellSeconds: 0.001,
    threads: 1,
    seed: 1,
    tolerance: 1e-5,
    int8Tolerance: 1e-5,
    profile: false,
    now: steadyClock(),
  });
  expect(result.engines.map(({ label, status }) => [label, status])).toEqual([
    ['static int8', 'ran'],
    ['static-unoptimized int8', 'ran'],
    ['static-unfused fp32', 'ran'],
    ['ort-eager fp32', 'ran'],
  ]);
  for (const { maxLogitDifference } of result.cells[0]!.timings)
    expect(maxLogitDifference).toBeLessThan(1e-5);
});
