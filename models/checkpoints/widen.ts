/** Floating-point numbers of other widths as float32. */
import { widenHalf } from '../../core/half.js';

/** How a file's elements are read. */
export interface ElementType {
  readonly bytes: number;
  /** Null of what is no floating-point number. */
  readonly widen: ((buffer: ArrayBufferLike) => Float32Array) | null;
}

export const floatTypes = {
  float64: { bytes: 8, widen: (buffer) => Float32Array.from(new Float64Array(buffer)) },
  float32: { bytes: 4, widen: (buffer) => new Float32Array(buffer) },
  float16: { bytes: 2, widen: (buffer) => widenHalf(new Uint16Array(buffer)) },
  bfloat16: { bytes: 2, widen: (buffer) => widenBfloat16(new Uint16Array(buffer)) },
} as const satisfies Record<string, ElementType>;

/** The upper half of a float32. */
function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) wide[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(wide.buffer);
}
