import { describe, expect, it } from '@jest/globals';
import { bucketOf } from '../../../core/batching/buckets.js';
import { batchesOfLikeLength } from '../../../loadtest/bench/bare-batches.js';

describe('batches of like length', () => {
  const lengths = [3, 5, 8, 9, 40, 41, 170];
  const rows = lengths.map((length) => new Array<number>(length).fill(1));

  it('are whole, of one bucket each, and have every text equally often', () => {
    const batches = batchesOfLikeLength(rows, 8);
    expect(batches).toHaveLength(rows.length);
    for (const batch of batches) {
      expect(batch).toHaveLength(8);
      expect(new Set(batch.map((place) => bucketOf(lengths[place]!))).size).toBe(1);
    }
    for (const place of rows.keys()) expect(batches.flat().filter((one) => one === place)).toHaveLength(8);
  });

  it('of one row are the texts in their order', () => {
    expect(batchesOfLikeLength(rows, 1)).toEqual(lengths.map((_, place) => [place]));
  });
});
