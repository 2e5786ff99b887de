import { describe, expect, it } from '@jest/globals';
import { claim, fewestQueries } from '../../../loadtest/capacity/claim.js';

describe('a claim that p99 keeps a bound', () => {
  it('takes 459 queries without a slow one', () => {
    expect(fewestQueries()).toBe(459);
    expect(claim(0, 458)).toBe('undecided');
    expect(claim(0, 459)).toBe('kept');
  });

  // The smallest n with binom.cdf(t, n, 0.01) <= 0.01, its terms summed by lgamma in Python 3.
  it.each([
    [1, 662],
    [2, 838],
    [3, 1001],
    [10, 2010],
  ])('takes more when %i were slow', (slow, queries) => {
    expect(claim(slow, queries - 1)).toBe('undecided');
    expect(claim(slow, queries)).toBe('kept');
  });

  it('is refused when so many slow ones are unlikely otherwise', () => {
    expect(claim(5, 459)).toBe('undecided');
    expect(claim(20, 459)).toBe('broken');
    expect(claim(459, 459)).toBe('broken');
    expect(claim(0, 0)).toBe('undecided');
    expect(claim(5000, 1_000_000)).toBe('kept');
    expect(claim(20_000, 1_000_000)).toBe('broken');
  });
});
