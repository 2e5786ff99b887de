/** What a run costs: what a policy weighs padding against. */

/**
 * In tokens of a row that runs alone. Every row of a run is padded to the longest.
 * @param rowShare what each further row adds, as a share of the first: 1 where batching gains nothing
 */
export function runCost(longest: number, rows: number, rowShare: number): number {
  return longest * (1 + rowShare * (rows - 1));
}

/** Between what recurrent networks and what large products have; for runs whose grouping must not depend on a clock. */
export const usualRowShare = 0.5;
