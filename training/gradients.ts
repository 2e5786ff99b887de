/** Gradients as optimisers take them. */

export type Gradient =
  | { readonly kind: 'dense'; readonly values: Float32Array }
  /** Each of `rows` once; values [rows, width]. */
  | {
      readonly kind: 'rows';
      readonly rows: Int32Array;
      readonly width: number;
      readonly values: Float32Array;
    };

/** Adds up the gradients of rows that stand more than once, in the order in which they stand. */
export function mergeRows(
  indices: BigInt64Array | Int32Array,
  values: Float32Array,
  width: number,
): Gradient {
  const places = new Map<number, number>();
  const target = Int32Array.from<number | bigint>(indices, (index) => {
    const row = Number(index);
    const place = places.get(row) ?? places.size;
    places.set(row, place);
    return place;
  });
  const merged = new Float32Array(places.size * width);
  for (let row = 0; row < target.length; row += 1) {
    const to = (target[row] ?? 0) * width;
    const from = row * width;
    for (let i = 0; i < width; i += 1) merged[to + i] = (merged[to + i] ?? 0) + (values[from + i] ?? 0);
  }
  return { kind: 'rows', rows: Int32Array.from(places.keys()), width, values: merged };
}

/**
 * Scales all gradients by the same factor so that their joint Euclidean norm is at most `maximum`, in place; gives
 * the norm before. Source: Pascanu, Mikolov and Bengio, 2013.
 */
export function clipByGlobalNorm(gradients: Iterable<Gradient>, maximum: number): number {
  const all = [...gradients];
  let squares = 0;
  for (const { values } of all) squares += sumOfSquares(values);
  const norm = Math.sqrt(squares);
  if (norm > maximum) {
    const factor = maximum / norm;
    for (const { values } of all)
      for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * factor;
  }
  return norm;
}

/** In four sums, which do not wait for each other. */
function sumOfSquares(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < values.length; i += 4) {
    const [w = 0, x = 0, y = 0, z = 0] = [values[i], values[i + 1], values[i + 2], values[i + 3]];
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (; i < values.length; i += 1) a += (values[i] ?? 0) ** 2;
  return a + b + c + d;
}
