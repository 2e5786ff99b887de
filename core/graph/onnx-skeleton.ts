/**
 * An ONNX file of any size without its large tensors: the protobuf wire format is walked by offset, and the data of a
 * tensor that is not small are passed over. In their place the tensor names the file itself as the one its data lie
 * in, with offset and length, as tensors with external data do.
 */
import type { FileHandle } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { TensorProto_DataLocation as DataLocation, TensorProtoSchema } from 'onnx-buf';
import { fail } from '../errors.js';

/** The location that stands for the file itself. */
export const thisFile = '';

/** Fields up to this size are taken whole. */
const smallBytes = 16 << 10;
const windowBytes = 64 << 10;
/** What may be left once large tensors are passed over: graphs of a hundred thousand nodes have less. */
const mostBytes = 256 << 20;
const deepest = 100;

/** A source of bytes, by offset; the last read of one may be shorter than was asked for. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The messages through which tensors are reached, by the fields that hold them. Source: onnx.proto. */
type Message = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparse' | 'function';
const fields: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  function: { 7: 'node', 11: 'attribute' },
  tensor: {},
};
/** A tensor's fields whose bytes are the elements as they lie in memory: float_data, raw_data, double_data. */
const elementFields: ReadonlySet<number> = new Set([4, 9, 10]);

/**
 * The bytes of a ModelProto.
 * @param small up to so many bytes a field is taken whole
 * @throws RetortError onnx_malformed, onnx_too_large
 */
export async function readSkeleton(source: ByteSource, small = smallBytes): Promise<Uint8Array> {
  const walk = new Walk(source, small);
  const chunks = await walk.message('model', 0, source.size, 0);
  return Buffer.concat(chunks);
}

/** Reads a file in windows. */
export function bytesOfFile(handle: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(offset, length) {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
  };
}

class Walk {
  readonly #source: ByteSource;
  readonly #small: number;
  #window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };
  #kept = 0;

  constructor(source: ByteSource, small: number) {
    this.#source = source;
    this.#small = small;
  }

  /** What is kept of a message from `start` to `end`. */
  async message(kind: Message, start: number, end: number, depth: number): Promise<Uint8Array[]> {
    if (depth > deepest) throw malformed(start, 'its graphs are nested too deeply');
    const kept: Uint8Array[] = [];
    let passedOver: { readonly offset: number; readonly length: number } | null = null;
    for (let at = start; at < end;) {
      const tag = await this.#varint(at, end);
      const [field, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
      if (wireType !== 2) {
        const next = await this.#skipScalar(wireType, tag.next, end);
        kept.push(await this.#keep(at, next - at));
        at = next;
        continue;
      }
      const { value: length, next: body } = await this.#varint(tag.next, end);
      if (body + length > end)
        throw malformed(
          at,
          `it is cut off: a field of ${String(length)} bytes, of which ${String(end - body)} are there`,
        );
      const inner = fields[kind][field];
      if (length <= this.#small) kept.push(await this.#keep(at, body + length - at));
      else if (inner !== undefined) {
        const chunks = await this.message(inner, body, body + length, depth + 1);
        const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        kept.push(varintBytes(tag.value), varintBytes(size), ...chunks);
      } else if (kind === 'tensor' && elementFields.has(field)) {
        if (passedOver !== null) throw malformed(at, 'the data of a tensor stand in several pieces');
        passedOver = { offset: body, length };
      } else kept.push(await this.#keep(at, body + length - at));
      at = body + length;
    }
    if (passedOver !== null) kept.push(elsewhere(passedOver));
    return kept;
  }

  async #keep(offset: number, length: number): Promise<Uint8Array> {
    this.#kept += length;
    if (this.#kept > mostBytes)
      throw fail('onnx_too_large', {
        what: 'The model without its large tensors',
        bytes: `more than ${String(mostBytes)}`,
        limit: mostBytes,
      });
    return Uint8Array.from(await this.#bytes(offset, length));
  }

  async #bytes(offset: number, length: number): Promise<Uint8Array> {
    const { start, bytes } = this.#window;
    if (offset >= start && offset + length <= start + bytes.length)
      return bytes.subarray(offset - start, offset - start + length);
    const found = await this.#source.read(offset, Math.max(length, windowBytes));
    if (found.length < length) throw malformed(offset, 'it is cut off');
    this.#window = { start: offset, bytes: found };
    return found.subarray(0, length);
  }

  /** Sizes beyond 2^53 are larger than any file. */
  async #varint(offset: number, end: number): Promise<{ readonly value: number; readonly next: number }> {
    const bytes = await this.#bytes(offset, Math.min(10, end - offset));
    let value = 0;
    for (const [index, byte] of bytes.entries()) {
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return { value, next: offset + index + 1 };
    }
    throw malformed(offset, bytes.length < 10 ? 'it is cut off' : 'a number is longer than ten bytes');
  }

  async #skipScalar(wireType: number, offset: number, end: number): Promise<number> {
    const next =
      wireType === 0
        ? (await this.#varint(offset, end)).next
        : wireType === 1
          ? offset + 8
          : wireType === 5
            ? offset + 4
            : Infinity;
    if (next === Infinity) throw malformed(offset, `a field of the wire type ${String(wireType)}`);
    if (next > end) throw malformed(offset, 'it is cut off');
    return next;
  }
}

function elsewhere({ offset, length }: { readonly offset: number; readonly length: number }): Uint8Array {
  const externalData = Object.entries({ location: thisFile, offset, length }).map(([key, value]) => ({
    key,
    value: String(value),
  }));
  return toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, { externalData, dataLocation: DataLocation.EXTERNAL }),
  );
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function malformed(offset: number, reason: string): Error {
  return fail('onnx_malformed', { reason: `at byte ${String(offset)}: ${reason}` });
}
