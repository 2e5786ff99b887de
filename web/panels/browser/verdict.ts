/** What the largest difference of two logits says of two sides. */

export type Verdict =
  | { readonly kind: 'same' | 'different'; readonly tolerance: number }
  /** Two variants of one network: that their logits differ says nothing, that their labels do says something. */
  | { readonly kind: 'other_variant'; readonly sameLabel: boolean };

export interface Sides {
  readonly browser: readonly number[];
  readonly server: readonly number[];
}

/** @param tolerance of the bundle's golden logits: how near machines come to each other; null for two variants */
export function verdictOf(sides: Sides, tolerance: number | null): Verdict {
  if (tolerance === null)
    return { kind: 'other_variant', sameLabel: largestAt(sides.browser) === largestAt(sides.server) };
  return { kind: largestDifference(sides) <= tolerance ? 'same' : 'different', tolerance };
}

export function largestDifference({ browser, server }: Sides): number {
  return Math.max(...browser.map((logit, k) => Math.abs(logit - (server[k] ?? NaN))));
}

function largestAt(logits: readonly number[]): number {
  return logits.indexOf(Math.max(...logits));
}
