/** Which rows go together: what must hold whatever waits. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fitsTogether, groupByLength, takeBatch } from '../../serving/batch-policy.js';

const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 });
const largest = fc.integer({ min: 1, max: 20 });
const sizesOf = (places: readonly number[], from: readonly number[]) => places.map((place) => from[place]!);

describe('taking from what waits', () => {
  test('the oldest always goes; places ascend, stand once, and are no more than a batch', () => {
    fc.assert(
      fc.property(lengths, largest, (waiting, most) => {
        const taken = takeBatch(waiting, most);
        expect(taken.length).toBeLessThanOrEqual(most);
        expect(taken[0]).toBe(waiting.length === 0 ? undefined : 0);
        taken.forEach((place, index) => {
          expect(place).toBeGreaterThan(index === 0 ? -1 : taken[index - 1]!);
          expect(waiting[place]).toBeDefined();
        });
      }),
    );
  });

  test('it takes those of the oldest one’s length, and passes over none that is older and as like', () => {
    fc.assert(
      fc.property(lengths, largest, (waiting, most) => {
        const [first = 0] = waiting;
        const like = (length: number) => fitsTogether(Math.min(first, length), Math.max(first, length));
        const fitting = [...waiting.keys()].filter((place) => like(waiting[place]!));
        expect(takeBatch(waiting, most)).toEqual(fitting.slice(0, most));
      }),
    );
  });

  test('repeated until nothing waits, it takes each once', () => {
    fc.assert(
      fc.property(lengths, largest, (waiting, most) => {
        let rest = [...waiting.keys()];
        const taken: number[] = [];
        while (rest.length > 0) {
          const batch = new Set(takeBatch(sizesOf(rest, waiting), most));
          taken.push(...rest.filter((_, index) => batch.has(index)));
          rest = rest.filter((_, index) => !batch.has(index));
        }
        expect(taken.sort((a, b) => a - b)).toEqual([...waiting.keys()]);
      }),
    );
  });
});

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
          const sizes = sizesOf(group, rows);
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
