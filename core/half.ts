/** IEEE 754 binary16, kept as its 16 bits: 1 of sign, 5 of exponent, 10 of fraction. */

/** The largest finite number. */
export const largestHalf = 65504;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Rounded to nearest, ties to even; what is too large becomes infinite. */
export function halfBits(value: number): number {
  float[0] = value;
  const single = bits[0] ?? 0;
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 the spacing is 2^-24.
  if (magnitude < 0x38800000) return sign | roundEven(Math.abs(value) * 2 ** 24);
  const shifted = magnitude - 0x38000000;
  const rounded = shifted + 0xfff + ((shifted >>> 13) & 1);
  return sign | (rounded >>> 13);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

export function widenHalf(bits: Uint16Array): Float32Array {
  const known = halves();
  const wide = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) wide[i] = known[bits[i] ?? 0] ?? 0;
  return wide;
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
