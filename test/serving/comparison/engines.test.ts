import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBundle, type Bundle } from '../../../core/bundle/read.js';
import { batchesOf } from '../../../serving/comparison/batches.js';
import { batchesOfCell } from '../../../serving/comparison/cells.js';
import { compare, type CompareOptions } from '../../../serving/comparison/compare.js';
import { engines, enginesNamed } from '../../../serving/comparison/engines.js';
import { parametersOf, requireLengths, textsOf } from '../../../serving/comparison/network.js';
import { encoderConfig } from '../../fixtures/encoder-config.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';
import { steadyClock } from './stub-engine.js';

const settings: Omit<CompareOptions, 'engines'> = {
  cells: [{ kind: 'grid', batch: 3, length: null }],
  texts: null,
  runs: 3,
  seedRuns: 2,
  cellSeconds: 0.001,
  threads: 1,
  seed: 1,
  tolerance: 1e-4,
  int8Tolerance: 1e-4,
  profile: false,
  now: steadyClock(),
};

let folder: string;
let bundle: Bundle;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-compare-'));
  bundle = await openBundle(await writeTinyBundle(folder));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the engines', () => {
  it('give the same logits, alone and in batches, and say where the time goes', async () => {
    const cells = [1, 3].map((batch) => ({ kind: 'grid' as const, batch, length: null }));
    const comparison = await compare(bundle, {
      ...settings,
      engines: [engines[0], ...engines.slice(1)],
      cells,
      profile: true,
    });
    const ran = comparison.engines.filter((engine) => engine.status === 'ran').map(({ name }) => name);
    expect(ran).toEqual(
      expect.arrayContaining([
        'static',
        'static-unoptimized',
        'static-unfused',
        'ort-eager',
        'tfjs-wasm',
        'static-web',
      ]),
    );
    const timings = comparison.cells.flatMap((cell) => cell.timings);
    expect(timings.filter(({ labelFlips }) => labelFlips > 0)).toEqual([]);
    expect(Math.max(...timings.map(({ maxLogitDifference }) => maxLogitDifference ?? NaN))).toBeLessThan(
      1e-4,
    );

    const profiles = comparison.profile!.engines;
    expect(profiles.map(({ label }) => label)).toEqual(ran.map((name) => `${name} fp32`));
    for (const { totalMs, kernelMs, dispatchMs, copiesMs, ops } of profiles) {
      expect(ops.length).toBeGreaterThan(0);
      expect(totalMs).toBeGreaterThan(0);
      expect(kernelMs + dispatchMs + copiesMs).toBeGreaterThanOrEqual(totalMs - 1e-6);
    }
    const names = (label: string) => profiles.find((one) => one.label === label)!.ops.map(({ op }) => op);
    expect(names('static fp32')).toContain('LSTM');
    expect(names('ort-eager fp32')).toContain('LSTM');
    expect(names('tfjs-wasm fp32')).not.toContain('LSTM');
  });

  it('that have one thread are left out where the others have two', async () => {
    const comparison = await compare(bundle, {
      ...settings,
      engines: enginesNamed(['static-web']),
      threads: 2,
    });
    expect(comparison.engines).toEqual([
      expect.objectContaining({ name: 'static', status: 'ran', threading: '2 threads' }),
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
    expect((await textsOf(bundle, null)).map(({ ids }) => ids)).toEqual(
      bundle.golden.cases.map(({ ids }) => ids),
    );
    expect((await textsOf(bundle, ['很好', '']))[1]).toEqual({ text: '', ids: [1] });
  });

  it('is how long a row its network reads', () => {
    const of = (kind: string, config: object) =>
      ({ manifest: { ...bundle.manifest, network: { kind, config } } }) as unknown as Bundle;
    const encoder = of('ernie', { ...encoderConfig, positionOffset: 2 });
    expect(() => requireLengths(encoder, [1, 14])).not.toThrow();
    expect(() => requireLengths(encoder, [1, 15])).toThrow(
      expect.objectContaining({
        code: 'comparison_length_beyond',
        details: { bundle: 'tiny/1', most: 14, length: 15 },
      }),
    );
    for (const unlimited of [bundle, of('onnx', {})])
      expect(() => requireLengths(unlimited, [10_000])).not.toThrow();
  });

  it('has every parameter', async () => {
    expect(Object.keys(await parametersOf(bundle))).toContain('lstm.recurrence');
  });
});

describe('batches', () => {
  const batches = batchesOf([[1, 2, 3], [4], [5, 6]], 2, ['input_ids', 'sequence_lengths']);

  it('are padded to their longest row and know their words', () => {
    expect(batches.map(({ rows: n, words }) => [n, words])).toEqual([
      [2, 4],
      [1, 2],
    ]);
    expect(batches[0]!.feeds.input_ids).toMatchObject({ shape: [2, 3] });
    expect(Array.from(batches[0]!.feeds.input_ids!.data, Number)).toEqual([1, 2, 3, 4, 0, 0]);
    expect(Array.from(batches[0]!.feeds.sequence_lengths!.data, Number)).toEqual([3, 1]);
  });

  it('of a cell have rows of its length: ends kept, the middle cut or repeated', () => {
    const row = (ids: readonly number[], length: number) => {
      const [batch] = batchesOfCell({ kind: 'grid', batch: 1, length }, [ids], ['input_ids']);
      return Array.from(batch!.feeds.input_ids!.data, Number);
    };
    expect(row([9, 1, 2, 3, 8], 4)).toEqual([9, 1, 2, 8]);
    expect(row([9, 1, 2, 8], 7)).toEqual([9, 1, 2, 1, 2, 1, 8]);
    expect(row([5], 3)).toEqual([5, 5, 5]);
    expect(row([9, 1, 8], 1)).toEqual([9]);
  });

  it('refuse an input that texts do not determine', () => {
    expect(() => batchesOf([[1]], 1, ['mask'])).toThrow(
      expect.objectContaining({ code: 'comparison_input_unknown' }),
    );
  });
});
