/**
 * Tensors as bytes: little-endian, row-major, without padding; BYTES elements each behind their length in 4 bytes.
 * Both the binary tensor extension of REST and gRPC's raw contents are this.
 */
import { sizeOf } from '../../core/tensor.js';
import { inputInvalid, type InputTensor, type OutputTensor } from './tensors.js';

/**
 * @throws RetortError inference_input_invalid where the bytes are not those of the shape, or a string is not UTF-8
 */
export function decodeRaw(tensor: Omit<InputTensor, 'elements'>, bytes: Buffer): InputTensor {
  const { name, datatype, shape } = tensor;
  const refuse = (reason: string) => inputInvalid(name, reason);
  if (datatype === 'BYTES') return { ...tensor, elements: decodeStrings(bytes, refuse) };
  const read = Object.hasOwn(integerReaders, datatype) ? integerReaders[datatype] : undefined;
  // No input has another datatype: the tensor is refused for it, whatever it holds.
  if (read === undefined) return { ...tensor, elements: [] };
  const count = bytes.byteLength / read.bytes;
  if (count !== sizeOf(shape)) {
    throw refuse(
      `it has ${String(bytes.byteLength)} bytes, its shape [${shape.join(', ')}] has ${String(sizeOf(shape) * read.bytes)}`,
    );
  }
  return {
    ...tensor,
    elements: Array.from({ length: count }, (_, index) => read.at(bytes, index * read.bytes)),
  };
}

export function encodeRaw(tensor: OutputTensor): Buffer {
  if (tensor.datatype === 'BYTES') return encodeStrings(tensor.data);
  const bytes = Buffer.alloc(tensor.data.length * 4);
  tensor.data.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes;
}

interface IntegerReader {
  readonly bytes: number;
  readonly at: (from: Buffer, offset: number) => number;
}

const integerReaders: Readonly<Partial<Record<string, IntegerReader>>> = {
  INT32: { bytes: 4, at: (from, offset) => from.readInt32LE(offset) },
  // What a double cannot hold is no id either, and is refused as none.
  INT64: { bytes: 8, at: (from, offset) => Number(from.readBigInt64LE(offset)) },
};

const lengthBytes = 4;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeStrings(bytes: Buffer, refuse: (reason: string) => Error): string[] {
  const strings: string[] = [];
  let offset = 0;
  while (offset < bytes.byteLength) {
    const start = offset + lengthBytes;
    const end = start > bytes.byteLength ? Infinity : start + bytes.readUInt32LE(offset);
    if (end > bytes.byteLength) throw refuse(`element ${String(strings.length)} ends beyond its bytes`);
    strings.push(decodeString(bytes.subarray(start, end), strings.length, refuse));
    offset = end;
  }
  return strings;
}

/** Text of one BYTES element. */
export function decodeString(bytes: Uint8Array, index: number, refuse: (reason: string) => Error): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refuse(`element ${String(index)} is not UTF-8`);
  }
}

function encodeStrings(strings: readonly string[]): Buffer {
  return Buffer.concat(
    strings.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt32LE(bytes.byteLength);
      return [length, bytes];
    }),
  );
}
