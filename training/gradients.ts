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
 * What all gradients are multiplied by so that their joint Euclidean norm is at most `maximum`; 0 is no bound.
 * Source: Pascanu, Mikolov and Bengio, 2013.
 */
export function clippingFactor(gradients: Iterable<Gradient>, maximum: number): number {
  if (maximum === 0) return 1;
  let squares = 0;
  for (const { values } of gradients) squares += sumOfSquares(values);
  return Math.min(1, maximum / Math.sqrt(squares));
}

/** In four sums, which do not wait for each other. */
function sumOfSquares(values: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < values.length; i += 4) {
    const w = values[i] ?? 0;
    const x = values[i + 1] ?? 0;
    const y = values[i + 2] ?? 0;
    const z = values[i + 3] ?? 0;
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (; i < values.length; i += 1) a += (values[i] ?? 0) ** 2;
  return a + b + c + d;
}
