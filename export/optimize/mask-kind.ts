/** Which keys a query may look at, and what two such masks of the same scores are together. */

/** Of each row, whatever the query. */
export type KeyMask =
  | ({ readonly kind: 'rows' } & RowMask)
  /** The first keys of each row. */
  | { readonly kind: 'lengths'; readonly lengths: string; readonly filter: number };

export type Mask =
  /** Every key is looked at. */
  | { readonly kind: 'none' }
  | KeyMask
  /** Keys up to the query's own place. */
  | { readonly kind: 'causal'; readonly filter: number }
  /** Of those, the ones that a row keeps. */
  | { readonly kind: 'causal-keys'; readonly keys: KeyMask; readonly blind: Blind };

interface RowMask {
  /** [batch, keys], or with axes of 1 between. */
  readonly value: string;
  /** A key is looked at where the value is this number; or, with `isKept` false, where it is not. */
  readonly number: number;
  readonly isKept: boolean;
  /** What is added to the scores of the others. */
  readonly filter: number;
}

/** What a query attends to that may look at no key: nothing is 0 / 0. */
export type Blind = 'nothing' | 'every key' | 'keys up to its place';

/** From here on what is added leaves nothing of a score in float32. */
const absorbing = -1e9;
/** So far apart the lower ones weigh 0. */
const apart = 1000;

/** The filter of keys that are masked twice, of their two filters. */
export type Twice = (a: number, b: number) => number;

/** @returns why com.microsoft has no such mask, or the mask */
export function joined(a: Mask, b: Mask, twice: Twice): Mask | string {
  if (a.kind === 'none') return b;
  if (b.kind === 'none') return a;
  const [causal, keys] = a.kind === 'causal' ? [a, b] : [b, a];
  if (causal.kind !== 'causal' || (keys.kind !== 'rows' && keys.kind !== 'lengths'))
    return 'the scores are masked twice';
  const blind = blindness(causal.filter, keys.filter, twice(causal.filter, keys.filter));
  return blind === null
    ? 'it looks back only, and rows are masked besides: what a query gets that sees no key cannot be kept'
    : { kind: 'causal-keys', keys, blind };
}

/** @param later of keys behind the query, `masked` of those up to it that are masked, `both` of masked ones behind it */
function blindness(later: number, masked: number, both: number): Blind | null {
  if (later === -Infinity && masked === -Infinity) return 'nothing';
  if (later === masked && both === masked) return masked <= absorbing ? 'every key' : null;
  return Math.max(later, both) <= masked - apart && Number.isFinite(masked) ? 'keys up to its place' : null;
}

/** What ONNX Runtime gives keys behind a query, the lowest finite number. */
const lowest = -3.4028234663852886e38;

/** The `mask_filter_value` of com.microsoft's operators; finite where 0 / 0 is put right behind them. */
export function filterFor(mask: Mask, isPutRight: boolean): number {
  switch (mask.kind) {
    case 'none':
      return lowest;
    case 'causal':
      return mask.filter === -Infinity ? lowest : mask.filter;
    case 'rows':
    case 'lengths':
      return isPutRight ? lowest : mask.filter;
    case 'causal-keys':
      // Far above the lowest, so that keys behind the query weigh 0.
      return mask.blind === 'keys up to its place' ? Math.max(mask.keys.filter, -1e30) : lowest;
  }
}
