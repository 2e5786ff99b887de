/** That what is drawn first depends on a seed as what is drawn later does. */
import { describe, expect, it } from '@jest/globals';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { seededGenerator } from '../../core/random.js';

const seeds = Array.from({ length: 1000 }, (_, seed) => seed);

describe('a seeded generator', () => {
  it('is the same for the same words alone', () => {
    const drawn = (...words: number[]) => {
      const random = seededGenerator(...words);
      return [random.next(), random.next()];
    };
    expect(drawn(1)).toEqual(drawn(1));
    const all = [drawn(1), drawn(2), drawn(1, 2), drawn(2, 1), drawn(~1), drawn(0), drawn(0, 0)];
    expect(new Set(all.map(String)).size).toBe(all.length);
  });

  it('has first draws that are uniform over small seeds', () => {
    for (const draws of [1, 2, 3]) {
      const values = seeds.map((seed) => {
        const random = seededGenerator(seed);
        return Array.from({ length: draws }, () => uniformFloat64(random)).at(-1) ?? NaN;
      });
      // A tenth of a thousand values is 100, and 9.5 its standard deviation.
      for (let tenth = 0; tenth < 10; tenth++) {
        const within = values.filter((value) => Math.floor(10 * value) === tenth).length;
        expect(Math.abs(within - 100)).toBeLessThan(4 * 9.5);
      }
    }
  });

  it('chooses each of a few things first', () => {
    const chosen = seeds.map((seed) => uniformInt(seededGenerator(seed), 0, 3));
    for (const each of [0, 1, 2, 3])
      expect(Math.abs(chosen.filter((one) => one === each).length - 250)).toBeLessThan(4 * 13.7);
  });
});
