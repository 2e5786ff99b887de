/** Which rows go into one run: a pure function, so that it can be read and tested by itself. */
import { runCost } from './run-cost.js';

/** The most rows of one run of a session. */
export const largestGroup = 32;

/**
 * The cheapest way to run all rows, at most `largest` a run: places by run, shortest rows first, every place in exactly
 * one. Rows that share a run are neighbours by length, so the best ends of runs follow from the best ends before them.
 */
export function groupByLength(lengths: readonly number[], largest: number, rowShare: number): number[][] {
  const order = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  /** Of the first rows, as many as the place says: what they cost, and where their last run begins. */
  const best = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= order.length; end += 1) {
    const longest = lengths[order[end - 1] ?? 0] ?? 0;
    let found = { cost: Infinity, from: 0 };
    for (let from = end - 1; from >= Math.max(0, end - largest); from -= 1) {
      const cost = (best[from]?.cost ?? 0) + runCost(longest, end - from, rowShare);
      if (cost <= found.cost) found = { cost, from };
    }
    best.push(found);
  }
  const groups: number[][] = [];
  for (let end = order.length; end > 0; end = best[end]?.from ?? 0)
    groups.unshift(order.slice(best[end]?.from ?? 0, end));
  return groups;
}
