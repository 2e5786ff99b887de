/** What is given up under load, and in which order: escalations, then the shadow, then requests (429 by the queue). */

export interface BrownOut {
  /** Of the escalation budget that is left, 1 to 0. */
  readonly escalationShare: number;
  readonly shadow: boolean;
}

/** Shares of the queue's capacity. */
const escalationsFallFrom = 0.05;
const escalationsEndAt = 0.25;
const shadowEndsAt = 0.35;

/** @param fill the share of the queue's capacity that waits, 0 to 1 */
export function brownOut(fill: number): BrownOut {
  const escalationShare = Math.min(
    1,
    Math.max(0, (escalationsEndAt - fill) / (escalationsEndAt - escalationsFallFrom)),
  );
  return { escalationShare, shadow: fill < shadowEndsAt };
}
