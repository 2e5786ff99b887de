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

/** Every data type of the format, those that no tensor here has among them: its name, and its bits an element. */
const elements: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  1: ['float32', 32],
  2: ['uint8', 8],
  3: ['int8', 8],
  4: ['uint16', 16],
  5: ['int16', 16],
  6: ['int32', 32],
  7: ['int64', 64],
  9: ['bool', 8],
  10: ['float16', 16],
  11: ['float64', 64],
  12: ['uint32', 32],
  13: ['uint64', 64],
  14: ['complex64', 64],
  15: ['complex128', 128],
  16: ['bfloat16', 16],
  17: ['float8e4m3fn', 8],
  18: ['float8e4m3fnuz', 8],
  19: ['float8e5m2', 8],
  20: ['float8e5m2fnuz', 8],
  21: ['uint4', 4],
  22: ['int4', 4],
  23: ['float4e2m1', 4],
  24: ['float8e8m0', 8],
  25: ['uint2', 2],
  26: ['int2', 2],
};

/** How a data type is called; `string` has no fixed size, so it is not among those with bits. */
export function dataTypeName(number: number): string {
  return number === 8 ? 'string' : (elements[number]?.[0] ?? `type ${String(number)}`);
}

/** Bytes of so many elements; null where an element has no fixed size. */
export function storedBytes(number: number, count: number): number | null {
  const bits = elements[number]?.[1];
  return bits === undefined ? null : Math.ceil((count * bits) / 8);
}
