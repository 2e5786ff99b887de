import { describe, expect, it } from '@jest/globals';
import type { Bundle } from '../../../core/bundle/read.js';
import { fail } from '../../../core/errors.js';
import { batchesOf } from '../../../serving/comparison/batches.js';
import { compare, type CompareOptions } from '../../../serving/comparison/compare.js';
import type { Engine } from '../../../serving/comparison/engine.js';
import { comparisonSchema, renderComparison } from '../../../serving/comparison/report.js';

const bundle = {
  manifest: { name: 'tiny', version: '1', variants: [{ precision: 'fp32' }] },
} as Bundle;
const rows = [[1, 2, 3], [4], [5, 6]];
const batches = batchesOf(rows, 2, ['input_ids', 'sequence_lengths']);

/** Logits [sum of ids, 4.5] a row, each passed through `tamper`; every run and close is noted. */
function engine(name: string, tamper: (logits: number[]) => number[] = (l) => l, log: string[] = []): Engine {
  return {
    name,
    description: `a stub called ${name}`,
    prepare: async () => ({
      run: async (batch) => {
        log.push(name);
        const ids = batch.feeds.input_ids!;
        const width = ids.shape[1]!;
        const logits = Array.from({ length: batch.rows }, (_, row) => [
          Array.from(ids.data, Number)
            .slice(row * width, (row + 1) * width)
            .reduce((a, b) => a + b, 0),
          4.5,
        ]).flat();
        return Float32Array.from(tamper(logits));
      },
      close: async () => {
        log.push(`${name} closed`);
      },
    }),
  };
}

const options = (engines: CompareOptions['engines']): CompareOptions => ({
  engines,
  batches,
  runs: 5,
  threads: 1,
  seed: 3,
  classes: 2,
  tolerance: 1e-3,
});

describe('batches', () => {
  it('are padded to their longest row and know their words', () => {
    expect(batches.map(({ rows: n, words }) => [n, words])).toEqual([
      [2, 4],
      [1, 2],
    ]);
    expect(batches[0]!.feeds.input_ids).toMatchObject({ shape: [2, 3] });
    expect(Array.from(batches[0]!.feeds.input_ids!.data, Number)).toEqual([1, 2, 3, 4, 0, 0]);
    expect(Array.from(batches[0]!.feeds.sequence_lengths!.data, Number)).toEqual([3, 1]);
  });

  it('refuse an input that texts do not determine', () => {
    expect(() => batchesOf(rows, 1, ['mask'])).toThrow(
      expect.objectContaining({ code: 'comparison_input_unknown' }),
    );
  });
});

describe('a comparison', () => {
  it('runs every engine equally often, interleaved, and closes all', async () => {
    const log: string[] = [];
    const result = await compare(bundle, options([engine('a', undefined, log), engine('b', undefined, log)]));
    const timed = log.slice(4, -2);
    expect(timed.filter((name) => name === 'a')).toHaveLength(10);
    expect(timed.filter((name) => name === 'b')).toHaveLength(10);
    for (let i = 0; i < timed.length; i += 2) expect(new Set(timed.slice(i, i + 2)).size).toBe(2);
    expect(log.slice(-2)).toEqual(['a closed', 'b closed']);
    expect(result.agree).toBe(true);
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(result.engines[0]).toMatchObject({
      name: 'a',
      factor: null,
      maxLogitDifference: 0,
      labelFlips: 0,
    });
  });

  it('orders alike for the same seed', async () => {
    const logs = [[], []] as string[][];
    for (const log of logs)
      await compare(bundle, options([engine('a', undefined, log), engine('b', undefined, log)]));
    expect(logs[0]).toEqual(logs[1]);
  });

  it('fails an engine whose logits are off', async () => {
    const off = engine('off', (logits) => logits.map((value, i) => (i === 1 ? value + 0.01 : value)));
    const result = await compare(bundle, options([engine('static'), off]));
    expect(result.agree).toBe(false);
    expect(result.engines[1]).toMatchObject({ labelFlips: 0 });
    expect(renderComparison(result)).toContain('off DISAGREES with static');
  });

  it('counts flipped labels', async () => {
    const swapped = engine('swapped', (logits) => logits.map((_, i) => logits[i ^ 1]!));
    const result = await compare(bundle, options([engine('static'), swapped]));
    expect(result.engines[1]).toMatchObject({ labelFlips: 3, maxLogitDifference: 6.5 });
  });

  it.each([
    ['a logit is not a number', (logits: number[]) => logits.map(() => NaN)],
    ['logits are missing', (logits: number[]) => logits.slice(1)],
  ])('fails an engine when %s', async (_, tamper) => {
    const result = await compare(bundle, options([engine('static'), engine('broken', tamper)]));
    expect(result.agree).toBe(false);
    expect(result.engines[1]).toMatchObject({ maxLogitDifference: null });
    expect(renderComparison(result)).toContain('broken DISAGREES');
  });

  it('says why an engine is left out, and goes on', async () => {
    const absent: Engine = {
      ...engine('absent'),
      prepare: () => Promise.reject(fail('tfjs_native_missing', { reason: 'some-package: not found' })),
    };
    const result = await compare(bundle, options([engine('static'), absent]));
    expect(result.agree).toBe(true);
    expect(result.engines[1]).toMatchObject({ name: 'absent', status: 'absent' });
    expect(renderComparison(result)).toContain('some-package');
    await expect(compare(bundle, options([absent]))).rejects.toMatchObject({
      code: 'tfjs_native_missing',
    });
  });

  it('closes what it opened when an engine breaks', async () => {
    const log: string[] = [];
    const broken = engine(
      'broken',
      () => {
        throw new Error('broken');
      },
      log,
    );
    await expect(compare(bundle, options([engine('a', undefined, log), broken]))).rejects.toThrow('broken');
    expect(log.filter((line) => line.endsWith('closed')).sort()).toEqual(['a closed', 'broken closed']);
  });
});
