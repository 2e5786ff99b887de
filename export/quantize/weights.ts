/**
 * Weight matrices as 8-bit integers: value = (q - zero) * scale, symmetric, rounded to nearest, one scale a column or
 * one for all. Source: Jacob et al., Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference, 2018, section 2.1.
 */
import { type Tensor, tensor, type TensorOf } from '../../core/tensor.js';
import type { WeightForm } from '../../core/weight-form.js';

export interface QuantizedWeights {
  readonly values: Tensor;
  /** [columns], or [] for one. */
  readonly scales: TensorOf<'float32'>;
  /** Of the values' type, as many as there are scales. */
  readonly zeros: Tensor;
}

/** @param weights [rows, columns] */
export function quantizeColumns(weights: TensorOf<'float32'>, form: WeightForm): QuantizedWeights {
  const [, columns = 1] = weights.shape;
  const { data } = weights;
  const largest = new Float32Array(form.perColumn ? columns : 1);
  const at = (i: number) => (form.perColumn ? i % columns : 0);
  for (let i = 0; i < data.length; i += 1)
    largest[at(i)] = Math.max(largest[at(i)] ?? 0, Math.abs(data[i] ?? 0));
  const scales = largest.map((value) => value / (2 ** (form.bits - 1) - 1));
  const zero = form.type === 'int8' ? 0 : 128;
  const values = form.type === 'int8' ? new Int8Array(data.length) : new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const scale = scales[at(i)] ?? 0;
    values[i] = zero + (scale === 0 ? 0 : Math.round((data[i] ?? 0) / scale));
  }
  const shape = form.perColumn ? [columns] : [];
  return {
    values: integers(values, weights.shape),
    scales: tensor('float32', scales, shape),
    zeros: integers(
      form.type === 'int8' ? new Int8Array(scales.length) : new Uint8Array(scales.length).fill(zero),
      shape,
    ),
  };
}

function integers(values: Int8Array | Uint8Array, shape: readonly number[]): Tensor {
  return values instanceof Int8Array ? tensor('int8', values, shape) : tensor('uint8', values, shape);
}
