import { describe, expect, it } from '@jest/globals';
import { searchRate } from '../../../loadtest/capacity/search-rate.js';

const terms = { start: 10, step: 2, precision: 0.01, lowest: 0.1, highest: 1000 };

/** The search beside a bound that breaks just above a rate. */
function find(limit: number, options = terms) {
  const tried: number[] = [];
  const search = searchRate(options);
  let next = search.next();
  while (next.done !== true) {
    tried.push(next.value);
    next = search.next(next.value <= limit);
  }
  return { rate: next.value, tried };
}

describe('the search for a rate', () => {
  it.each([0.1, 0.3, 9, 10, 77, 999])('finds %d to its precision', (limit) => {
    const { rate } = find(limit);
    expect(rate!).toBeLessThanOrEqual(limit);
    expect(rate! * 1.01).toBeGreaterThanOrEqual(limit);
  });

  it('steps until the answer changes, and then bisects', () => {
    expect(find(50, { ...terms, precision: 0.5 }).tried).toEqual([10, 20, 40, 80, expect.closeTo(56.6, 1)]);
    expect(find(4, { ...terms, precision: 0.5 }).tried).toEqual([10, 5, 2.5, expect.closeTo(3.5, 1)]);
  });

  it('stays within its range', () => {
    expect(find(0)).toMatchObject({ rate: null });
    expect(find(0).tried.at(-1)).toBe(0.1);
    expect(find(Infinity).rate).toBe(1000);
  });
});
