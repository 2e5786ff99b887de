import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBundle, type Bundle } from '../../../core/bundle/read.js';
import { batchesOf } from '../../../serving/comparison/batches.js';
import { compare } from '../../../serving/comparison/compare.js';
import { engines, enginesNamed } from '../../../serving/comparison/engines.js';
import { idsOf, networkShape, parametersOf } from '../../../serving/comparison/network.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

let folder: string;
let bundle: Bundle;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-compare-'));
  bundle = await openBundle(await writeTinyBundle(folder));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the engines', () => {
  it.each([1, 3])('give the same logits in batches of %i', async (size) => {
    const { inputs, classes } = networkShape(bundle);
    const comparison = await compare(bundle, {
      engines: [engines[0], ...engines.slice(1)],
      batches: batchesOf(await idsOf(bundle, null), size, inputs),
      runs: 2,
      threads: 1,
      seed: 1,
      classes,
      tolerance: 1e-4,
    });
    const ran = comparison.engines.filter((engine) => engine.status === 'ran').map(({ name }) => name);
    expect(ran).toEqual(
      expect.arrayContaining(['static', 'static-unoptimized', 'ort-eager', 'tfjs-wasm', 'static-web']),
    );
    expect(comparison.engines.filter((engine) => engine.status === 'ran' && engine.labelFlips > 0)).toEqual(
      [],
    );
    expect(comparison.agree).toBe(true);
  });

  it('that have one thread are left out where the others have two', async () => {
    const web = enginesNamed(['static-web']);
    const comparison = await compare(bundle, {
      engines: web,
      batches: batchesOf([[3]], 1, ['input_ids', 'sequence_lengths']),
      runs: 2,
      threads: 2,
      seed: 1,
      classes: 2,
      tolerance: 1e-4,
    });
    expect(comparison.engines).toEqual([
      expect.objectContaining({ name: 'static', status: 'ran' }),
      expect.objectContaining({
        name: 'static-web',
        status: 'absent',
        reason: expect.stringContaining('one thread'),
      }),
    ]);
  });

  it('are chosen by name, always with the reference, in one order', () => {
    expect(enginesNamed(['static-web', ' ort-eager']).map(({ name }) => name)).toEqual([
      'static',
      'ort-eager',
      'static-web',
    ]);
    expect(() => enginesNamed(['pytorch'])).toThrow(
      expect.objectContaining({ code: 'comparison_engine_unknown' }),
    );
  });
});

describe('what a comparison reads from a bundle', () => {
  it('is its texts, or the ids of other ones', async () => {
    expect(await idsOf(bundle, null)).toEqual(bundle.golden.cases.map(({ ids }) => ids));
    expect((await idsOf(bundle, ['很好', '']))[1]).toEqual([1]);
  });

  it('has every parameter', async () => {
    expect(Object.keys(await parametersOf(bundle))).toContain('lstm.recurrence');
  });
});
