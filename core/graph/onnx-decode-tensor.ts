/** A TensorProto as a tensor, and what is known of one without its data. */
import { type TensorProto, TensorProto_DataLocation as DataLocation } from 'onnx-buf';
import { fail } from '../errors.js';
import { bytesPerElement, type DType, sizeOf, tensor, tensorOfBytes, type Tensor } from '../tensor.js';
import { dataTypeName, dtypeOfOnnx } from './data-types.js';

/** @throws RetortError onnx_malformed, onnx_unsupported, onnx_tensor_incomplete */
export function decodeTensor(proto: TensorProto): Tensor {
  const { dtype, shape } = tensorType(proto);
  if (proto.dataLocation === DataLocation.EXTERNAL)
    throw malformed(proto, 'its data lie in another file, and the model was given as bytes alone');
  const typed = typedFields(proto, dtype);
  const found = typed?.data.byteLength ?? proto.rawData.length;
  expectBytes(proto.name, found, sizeOf(shape) * bytesPerElement[dtype]);
  return typed === null ? tensorOfBytes(dtype, proto.rawData, shape) : { ...typed, shape };
}

/** @throws RetortError onnx_malformed, onnx_unsupported where no tensor here has that data type */
export function tensorType(proto: TensorProto): { readonly dtype: DType; readonly shape: readonly number[] } {
  const dtype = dtypeOfOnnx.get(proto.dataType);
  if (dtype === undefined)
    throw fail('onnx_unsupported', {
      what: `the tensor ${proto.name} of the data type ${dataTypeName(proto.dataType)}`,
    });
  return { dtype, shape: tensorShape(proto) };
}

/** @throws RetortError onnx_malformed */
export function tensorShape(proto: TensorProto): readonly number[] {
  const shape = proto.dims.map(Number);
  if (shape.some((dimension) => dimension < 0)) throw malformed(proto, 'a dimension is negative');
  return shape;
}

/** @throws RetortError onnx_tensor_incomplete */
export function expectBytes(name: string, found: number, expected: number): void {
  if (found !== expected) throw fail('onnx_tensor_incomplete', { name, found, expected });
}

function malformed({ name }: TensorProto, reason: string): Error {
  return fail('onnx_malformed', { reason: `tensor ${name}: ${reason}` });
}

/** The tensor of the typed fields; null where the data are raw. */
function typedFields(proto: TensorProto, dtype: DType): Tensor | null {
  if (dtype === 'float32' && proto.floatData.length > 0)
    return tensor(dtype, Float32Array.from(proto.floatData), [proto.floatData.length]);
  if (dtype === 'float64' && proto.doubleData.length > 0)
    return tensor(dtype, Float64Array.from(proto.doubleData), [proto.doubleData.length]);
  if (dtype === 'int64' && proto.int64Data.length > 0)
    return tensor(dtype, BigInt64Array.from(proto.int64Data), [proto.int64Data.length]);
  const { int32Data } = proto;
  if (int32Data.length === 0) return null;
  const shape = [int32Data.length];
  switch (dtype) {
    case 'int32':
      return tensor(dtype, Int32Array.from(int32Data), shape);
    case 'int8':
      return tensor(dtype, Int8Array.from(int32Data), shape);
    case 'uint8':
    case 'bool':
      return tensor(dtype, Uint8Array.from(int32Data), shape);
    case 'float16':
      return tensor(dtype, Uint16Array.from(int32Data), shape);
    default:
      return null;
  }
}
