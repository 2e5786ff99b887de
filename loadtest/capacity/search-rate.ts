/**
 * The search for the highest rate that keeps a bound: by steps until the answer changes, then by bisection. A generator
 * of the rates to try, which is told of each whether it kept: probes may answer at once or take their time.
 */

export interface RateSearchOptions {
  readonly start: number;
  /** The factor of the first steps, up or down. */
  readonly step: number;
  /** The search ends when the rates that are kept and not kept are this close, as a share. */
  readonly precision: number;
  /** No rate beyond these is tried. */
  readonly lowest: number;
  readonly highest: number;
}

/** Returns the highest rate that was kept; null when not even the lowest was. */
export function* searchRate({
  start,
  step,
  precision,
  lowest,
  highest,
}: RateSearchOptions): Generator<number, number | null, boolean> {
  let [kept, broken] = [0, Infinity];
  let rate = start;
  while (broken / kept > 1 + precision) {
    if (yield rate) kept = rate;
    else broken = rate;
    if (broken === Infinity) {
      if (kept >= highest) return kept;
      rate = Math.min(highest, kept * step);
    } else if (kept === 0) {
      if (broken <= lowest) return null;
      rate = Math.max(lowest, broken / step);
    } else rate = Math.sqrt(kept * broken);
  }
  return kept;
}
