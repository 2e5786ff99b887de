/** The one output that is compared. */
import type { Tensor } from '../../core/tensor.js';

export function logitsOf(outputs: Readonly<Record<string, Tensor>>): Float32Array {
  const { logits } = outputs;
  if (logits?.dtype !== 'float32') throw new RangeError('an engine gives float32 logits');
  return logits.data;
}
