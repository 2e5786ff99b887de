/** A count that depends on one or two sizes, as the polynomial that it is: at most quadratic in each. */

export interface Term {
  readonly coefficient: number;
  /** By symbol. */
  readonly powers: Readonly<Record<string, number>>;
}

/** Small enough for any table of positions, large enough that no axis of 1 is broadcast by chance. */
const grid = [4, 5, 6] as const;
const check = 9;

/**
 * The polynomial through nine counts; null where there are more symbols, or another count is not on it.
 * @param count at a size for each symbol, in order
 */
export function formulaOf(
  symbols: readonly string[],
  count: (sizes: readonly number[]) => number,
): readonly Term[] | null {
  const [first, second, ...others] = symbols;
  if (first === undefined || others.length > 0) return null;
  const rows = grid.map((a) =>
    second === undefined ? [count([a])] : quadratic(grid.map((b) => count([a, b]))),
  );
  const columns = (rows[0] ?? []).map((_, j) => quadratic(rows.map((row) => row[j] ?? 0)));
  const terms = columns.flatMap((coefficients, j) =>
    coefficients.flatMap((coefficient, i): Term[] => {
      if (coefficient === 0) return [];
      return [{ coefficient, powers: { [first]: i, ...(second === undefined ? {} : { [second]: j }) } }];
    }),
  );
  const at = symbols.map((_, index) => check + index);
  const value = terms.reduce(
    (sum, { coefficient, powers }) =>
      sum + coefficient * symbols.reduce((p, name, k) => p * (at[k] ?? 0) ** (powers[name] ?? 0), 1),
    0,
  );
  return Math.abs(value - count(at)) <= 1e-9 * Math.max(1, Math.abs(value)) ? terms : null;
}

/** c0, c1, c2 of the parabola through values at 4, 5 and 6. */
function quadratic([y0 = 0, y1 = 0, y2 = 0]: readonly number[]): number[] {
  const [x0, x1] = grid;
  const c2 = (y2 - 2 * y1 + y0) / 2;
  const c1 = y1 - y0 - c2 * (x0 + x1);
  return [y0 - c1 * x0 - c2 * x0 * x0, c1, c2];
}
