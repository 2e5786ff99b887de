/** Tensors of numbers in 32 bits, in half precision. */
import { halfBits, largestHalf } from './half.js';
import { tensor, type Tensor, type TensorOf } from './tensor.js';

export function toHalf({ data, shape }: TensorOf<'float32'>): TensorOf<'float16'> {
  return tensor('float16', Uint16Array.from(data, halfBits), shape);
}

/** Whether a number in 32 bits becomes infinite. */
export function isBeyondHalf(value: Tensor | null): boolean {
  return value?.dtype === 'float32' && value.data.some((number) => Math.abs(number) > largestHalf);
}
