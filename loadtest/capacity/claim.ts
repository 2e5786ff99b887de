/**
 * When a percentile may be claimed: the early-stopping criterion of MLPerf Inference. With t slow queries among n, "a
 * share p of all queries keeps the bound" is claimed with confidence c if so few would be unlikely otherwise:
 *
 *     P(X <= t) <= 1 - c   for X ~ Binomial(n, 1 - p)
 *
 * For p = c = 0.99 that takes 459 queries without one slow, 662 with one. It holds for queries that are independent;
 * those of one run share their queue, which is why a search is repeated.
 */

export type Claim = 'kept' | 'broken' | 'undecided';

export interface ClaimTerms {
  /** The share of queries that must keep the bound. */
  readonly share: number;
  readonly confidence: number;
}

export const p99Terms: ClaimTerms = { share: 0.99, confidence: 0.99 };

export function claim(slow: number, queries: number, { share, confidence }: ClaimTerms = p99Terms): Claim {
  if (queries === 0) return 'undecided';
  if (binomialAtMost(slow, queries, 1 - share) <= 1 - confidence) return 'kept';
  const atLeast = slow === 0 ? 1 : 1 - binomialAtMost(slow - 1, queries, 1 - share);
  return atLeast <= 1 - confidence ? 'broken' : 'undecided';
}

/** The fewest queries with which a claim is possible, when none of them is slow. */
export function fewestQueries({ share, confidence }: ClaimTerms = p99Terms): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log(share));
}

/** P(X <= most) for X ~ Binomial(n, p), each term from the one before in logarithms. */
function binomialAtMost(most: number, n: number, p: number): number {
  if (most >= n) return 1;
  let logTerm = n * Math.log1p(-p);
  let total = Math.exp(logTerm);
  for (let k = 1; k <= most; k++) {
    logTerm += Math.log((n - k + 1) / k) + Math.log(p / (1 - p));
    total += Math.exp(logTerm);
  }
  return Math.min(1, total);
}
