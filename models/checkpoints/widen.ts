/** Floating-point numbers of other widths as float32. */

/** How a file's elements are read. */
export interface ElementType {
  readonly bytes: number;
  /** Null of what is no floating-point number. */
  readonly widen: ((buffer: ArrayBufferLike) => Float32Array) | null;
}

export const floatTypes = {
  float64: { bytes: 8, widen: (buffer) => Float32Array.from(new Float64Array(buffer)) },
  float32: { bytes: 4, widen: (buffer) => new Float32Array(buffer) },
  float16: { bytes: 2, widen: (buffer) => widenFloat16(new Uint16Array(buffer)) },
  bfloat16: { bytes: 2, widen: (buffer) => widenBfloat16(new Uint16Array(buffer)) },
} as const satisfies Record<string, ElementType>;

/** IEEE 754 half precision: 1 sign, 5 exponent and 10 fraction bits. */
function widenFloat16(bits: Uint16Array): Float32Array {
  const table = halves();
  const wide = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) wide[i] = table[bits[i] ?? 0] ?? 0;
  return wide;
}

/** The upper half of a float32. */
function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) wide[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(wide.buffer);
}

let table: Float32Array | null = null;

/** Every half-precision number by its bits. */
function halves(): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const sign = bits >>> 15 === 0 ? 1 : -1;
    const exponent = (bits >>> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
  return table;
}
