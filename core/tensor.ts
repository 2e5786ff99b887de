/** A tensor: a typed array with a dtype and a shape, row-major. */
import { widenHalf } from './half.js';

/** The typed array that holds each dtype. float16 is kept as its 16 bits; bool as one byte, 0 or 1. */
interface Storage {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type DType = keyof Storage;

export interface TensorOf<D extends DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Storage[D];
}

export type Tensor = { [D in DType]: TensorOf<D> }[DType];

export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** The number of elements of a shape; 1 for a scalar's empty shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A float32 tensor over `data` (not copied when it is a Float32Array). */
export function float32(
  data: ArrayLike<number>,
  shape: readonly number[] = [data.length],
): TensorOf<'float32'> {
  return checked({
    dtype: 'float32',
    shape,
    data: data instanceof Float32Array ? data : Float32Array.from(data),
  });
}

/** An int64 tensor; numbers are converted to BigInt. */
export function int64(
  data: ArrayLike<number> | BigInt64Array,
  shape: readonly number[] = [data.length],
): TensorOf<'int64'> {
  const values = data instanceof BigInt64Array ? data : BigInt64Array.from(Array.from(data), BigInt);
  return checked({ dtype: 'int64', shape, data: values });
}

/** An int32 tensor over `data` (not copied when it is an Int32Array). */
export function int32(data: ArrayLike<number>, shape: readonly number[] = [data.length]): TensorOf<'int32'> {
  return checked({ dtype: 'int32', shape, data: data instanceof Int32Array ? data : Int32Array.from(data) });
}

/** Any tensor from its parts. Throws RangeError when the data does not have the shape's number of elements. */
export function tensor<D extends DType>(dtype: D, data: Storage[D], shape: readonly number[]): TensorOf<D> {
  return checked({ dtype, shape, data });
}

/** A tensor over a copy of little-endian bytes. Throws RangeError when they do not fit the shape. */
export function tensorOfBytes(dtype: DType, bytes: Uint8Array, shape: readonly number[]): Tensor {
  // Not bytes.slice(): a Buffer's shares its memory, where the elements need not be aligned.
  return tensorOfBuffer(dtype, new Uint8Array(bytes).buffer, shape);
}

/** A tensor over a whole buffer of little-endian elements. Throws RangeError when they do not fit the shape. */
export function tensorOfBuffer(dtype: DType, buffer: ArrayBuffer, shape: readonly number[]): Tensor {
  switch (dtype) {
    case 'float32':
      return tensor(dtype, new Float32Array(buffer), shape);
    case 'float64':
      return tensor(dtype, new Float64Array(buffer), shape);
    case 'float16':
      return tensor(dtype, new Uint16Array(buffer), shape);
    case 'int64':
      return tensor(dtype, new BigInt64Array(buffer), shape);
    case 'int32':
      return tensor(dtype, new Int32Array(buffer), shape);
    case 'int8':
      return tensor(dtype, new Int8Array(buffer), shape);
    case 'uint8':
    case 'bool':
      return tensor(dtype, new Uint8Array(buffer), shape);
  }
}

/** A tensor's elements as numbers; int64 must be within the safe integers. */
export function toNumbers(value: Tensor): number[] {
  if (value.dtype === 'float16') return Array.from(widenHalf(value.data));
  return value.dtype === 'int64' ? Array.from(value.data, Number) : Array.from(value.data);
}

function checked<D extends DType>(value: TensorOf<D>): TensorOf<D> {
  const { dtype, shape, data } = value;
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `a ${dtype} tensor of shape [${shape.join(', ')}] has ${String(sizeOf(shape))} elements, not ${String(data.length)}`,
    );
  }
  return value;
}
