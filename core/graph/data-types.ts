/** ONNX's numbers for the dtypes (TensorProto.DataType), the same in tensors, types and Cast. */
import type { DType } from '../tensor.js';

export const onnxDataTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

export const dtypeOfOnnx: ReadonlyMap<number, DType> = new Map(
  (Object.entries(onnxDataTypes) as [DType, number][]).map(([dtype, number]) => [number, dtype]),
);
