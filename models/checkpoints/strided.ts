/** Views of a flat array by strides, as array libraries describe tensors. */
import { sizeOf } from '../../core/tensor.js';

/** Strides of a row-major array: the last axis is the fastest. */
export function rowMajor(shape: readonly number[]): number[] {
  let stride = 1;
  return shape
    .map((_, index) => {
      const own = stride;
      stride *= shape[shape.length - 1 - index] ?? 1;
      return own;
    })
    .reverse();
}

/** How many elements of the flat array the view spans; 0 where it has none. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return 1 + shape.reduce((last, size, axis) => last + (size - 1) * (strides[axis] ?? 0), 0);
}

/** The view's elements, row-major. The array itself where it is so already. */
export function gathered(
  data: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const plain = rowMajor(shape);
  const count = sizeOf(shape);
  if (shape.every((size, axis) => size === 1 || strides[axis] === plain[axis]))
    return data.subarray(0, count);
  const found = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis += 1)
      from += (Math.floor(i / (plain[axis] ?? 1)) % (shape[axis] ?? 1)) * (strides[axis] ?? 0);
    found[i] = data[from] ?? 0;
  }
  return found;
}
