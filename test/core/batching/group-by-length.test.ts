/** Which rows go together: what must hold whatever waits. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupByLength } from '../../../core/batching/group-by-length.js';
import { runCost } from '../../../core/batching/run-cost.js';

const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 });
const largest = fc.integer({ min: 1, max: 20 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('groups of like lengths', () => {
  test('every place stands in exactly one group, and no group is larger than allowed', () => {
    fc.assert(
      fc.property(lengths, largest, share, (rows, most, rowShare) => {
        const groups = groupByLength(rows, most, rowShare);
        expect(groups.flat().sort((a, b) => a - b)).toEqual([...rows.keys()]);
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  test('no way to cut the rows in order of length costs less', () => {
    const few = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 9 });
    fc.assert(
      fc.property(few, fc.integer({ min: 1, max: 4 }), share, (rows, most, rowShare) => {
        const cost = (runs: readonly (readonly number[])[]) =>
          runs.reduce((sum, run) => sum + runCost(Math.max(...run), run.length, rowShare), 0);
        const sorted = [...rows].sort((a, b) => a - b);
        const found = groupByLength(rows, most, rowShare);
        const ours = cost(found.map((group) => group.map((place) => rows[place]!)));
        for (let cuts = 0; cuts < 1 << Math.max(0, rows.length - 1); cuts += 1) {
          const runs: number[][] = [];
          sorted.forEach((length, place) => {
            if (place === 0 || (cuts >> (place - 1)) & 1) runs.push([]);
            runs.at(-1)!.push(length);
          });
          if (runs.every((run) => run.length <= most)) expect(ours).toBeLessThanOrEqual(cost(runs) + 1e-9);
        }
      }),
    );
  });

  test('where batching gains nothing, no row is padded', () => {
    fc.assert(
      fc.property(lengths, largest, (rows, most) => {
        for (const group of groupByLength(rows, most, 1))
          expect(new Set(group.map((place) => rows[place])).size).toBe(1);
      }),
    );
  });

  test('the same lengths give the same groups', () => {
    fc.assert(
      fc.property(lengths, largest, share, (rows, most, rowShare) => {
        expect(groupByLength([...rows], most, rowShare)).toEqual(groupByLength(rows, most, rowShare));
      }),
    );
  });

  test('what is of one length is split only by the largest batch', () => {
    expect(groupByLength([7, 7, 7, 7, 7], 2, 0.5)).toHaveLength(3);
    expect(groupByLength([], 4, 0.5)).toEqual([]);
    expect(groupByLength([100, 1, 101, 2], 4, 0.5)).toEqual([
      [1, 3],
      [0, 2],
    ]);
  });
});
