/**
 * Matrices stored as int8 beside their scales: what a graph's initializers are called then, and what they stand for.
 * A matrix of [rows, columns] has scales of [rows, 1] or [1, columns]: value = q * scale.
 */
import { type Tensor, tensor, toNumbers } from '../tensor.js';

export const quantizedName = (name: string) => `${name}.int8`;
export const scaleName = (name: string) => `${name}.scale`;

/** The tensor of that name, widened to float32 where it is stored as int8; undefined where there is none. */
export function storedTensor(initializers: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined {
  const [quantized, scales] = [initializers.get(quantizedName(name)), initializers.get(scaleName(name))];
  if (quantized === undefined || scales === undefined) return initializers.get(name);
  const columns = quantized.shape[1] ?? 1;
  const [scaleRows = 1, scaleColumns = 1] = scales.shape;
  const factors = toNumbers(scales);
  const widened = Float32Array.from(toNumbers(quantized), (q, i) => {
    const row = scaleRows === 1 ? 0 : Math.floor(i / columns);
    const column = scaleColumns === 1 ? 0 : i % columns;
    return q * (factors[row * scaleColumns + column] ?? 0);
  });
  return tensor('float32', widened, quantized.shape);
}
