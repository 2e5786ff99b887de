/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header naming each tensor's dtype, shape and
 * byte range, then the raw little-endian data. Source: huggingface/safetensors, README "Format".
 */
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import { bytesPerElement, sizeOf, tensorOfBytes, type DType, type Tensor } from '../../core/tensor.js';

const dtypeNames = {
  F32: 'float32',
  F64: 'float64',
  F16: 'float16',
  I64: 'int64',
  I32: 'int32',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
} as const;

const entrySchema = z.object({
  dtype: z.enum(['F32', 'F64', 'F16', 'I64', 'I32', 'I8', 'U8', 'BOOL']),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The file's parts, to be written one after another; the tensors' data are not copied. Names keep their order. */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, value] of tensors) {
    const bytes = new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength);
    header[name] = {
      dtype: nameOf(value.dtype),
      shape: value.shape,
      data_offsets: [offset, offset + bytes.length],
    };
    parts.push(bytes);
    offset += bytes.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil((json.length + 8) / 8) * 8).fill(0x20); // tensors start 8-byte aligned
  padded.set(json, 8);
  new DataView(padded.buffer).setBigUint64(0, BigInt(padded.length - 8), true);
  return [padded, ...parts];
}

/**
 * Tensors over copies of the file's bytes. `path` only names the file in errors.
 * @throws RetortError checkpoint_malformed
 */
export function decodeSafetensors(bytes: Uint8Array, path: string): Safetensors {
  const refuse = (reason: string) => fail('checkpoint_malformed', { path, reason });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw refuse('it is shorter than its header length');
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(bytes.length - 8)) throw refuse('its header is longer than the file');
  const start = 8 + Number(headerBytes);
  const { __metadata__: metadata, ...entries } = parseHeader(bytes.subarray(8, start), refuse);
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of Object.entries(entries)) {
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) throw refuse(`the header's entry of ${name} is not valid`);
    const {
      dtype: dtypeName,
      shape,
      data_offsets: [from, to],
    } = parsed.data;
    const dtype = dtypeNames[dtypeName];
    if (to < from || start + to > bytes.length || to - from !== sizeOf(shape) * bytesPerElement[dtype]) {
      throw refuse(`the data of ${name} do not fit its shape or the file`);
    }
    tensors.set(name, tensorOfBytes(dtype, bytes.subarray(start + from, start + to), shape));
  }
  return { tensors, metadata: metadataSchema.safeParse(metadata).data ?? {} };
}

function parseHeader(json: Uint8Array, refuse: (reason: string) => Error): Record<string, unknown> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  } catch {
    throw refuse('its header is not a JSON object');
  }
}

function nameOf(dtype: DType): string {
  return Object.entries(dtypeNames).find(([, value]) => value === dtype)?.[0] ?? 'F32';
}
