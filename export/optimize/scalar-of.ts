/** A number as a tensor without axes, of the type of what it is computed with. */
import { toHalf } from '../../core/half-tensor.js';
import { type DType, float32, int32, int64, tensor, type Tensor } from '../../core/tensor.js';

/** Of a type that is not known, or has no numbers of its own here, it is float32. */
export function scalarOf(dtype: DType | undefined, number: number): Tensor {
  switch (dtype) {
    case 'int64':
      return int64([number], []);
    case 'int32':
      return int32([number], []);
    case 'int8':
      return tensor(dtype, Int8Array.of(number), []);
    case 'uint8':
      return tensor(dtype, Uint8Array.of(number), []);
    case 'float64':
      return tensor(dtype, Float64Array.of(number), []);
    case 'float16':
      return toHalf(float32([number], []));
    default:
      return float32([number], []);
  }
}
