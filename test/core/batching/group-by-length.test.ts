/** Which rows go together: what must hold whatever waits. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupByLength } from '../../../core/batching/group-by-length.js';

const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 });
const largest = fc.integer({ min: 1, max: 20 });

describe('groups of like lengths', () => {
  test('every place stands in exactly one group, and no group is larger than allowed', () => {
    fc.assert(
      fc.property(lengths, largest, (rows, most) => {
        const groups = groupByLength(rows, most);
        expect(groups.flat().sort((a, b) => a - b)).toEqual([...rows.keys()]);
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  test('a row is padded by a quarter of its length and four steps at most', () => {
    fc.assert(
      fc.property(lengths, largest, (rows, most) => {
        for (const group of groupByLength(rows, most)) {
          const sizes = group.map((place) => rows[place]!);
          const padded = Math.max(...sizes) * sizes.length;
          expect(padded).toBeLessThanOrEqual(sizes.reduce((sum, size) => sum + size * 1.25 + 4, 0));
        }
      }),
    );
  });

  test('the same lengths give the same groups', () => {
    fc.assert(
      fc.property(lengths, largest, (rows, most) => {
        expect(groupByLength([...rows], most)).toEqual(groupByLength(rows, most));
      }),
    );
  });

  test('what is of one length is split only by the largest batch', () => {
    expect(groupByLength([7, 7, 7, 7, 7], 2)).toEqual([[0, 1], [2, 3], [4]]);
    expect(groupByLength([], 4)).toEqual([]);
    expect(groupByLength([100, 1, 101, 2], 4)).toEqual([
      [1, 3],
      [0, 2],
    ]);
  });
});
