/** The constant that Reshape is given to make one known shape of another. */
import { asNumber, type Polynomial } from './elements/polynomial.js';

/** 0 copies the axis of `from`, -1 is what is left; null where two axes would have to be told. */
export function reshapeTarget(from: readonly Polynomial[], to: readonly Polynomial[]): number[] | null {
  const target = to.map((length, axis) => {
    const number = asNumber(length);
    if (number !== null) return number;
    return length.key === from[axis]?.key ? 0 : -1;
  });
  // A length that is the number 0 would be read as a copy.
  if (to.some((length) => asNumber(length) === 0)) return null;
  return target.filter((length) => length === -1).length > 1 ? null : target;
}
