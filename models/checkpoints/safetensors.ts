/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header naming each tensor's dtype, shape and
 * byte range, then the raw little-endian data. Here as training's checkpoints use it; safetensors-file.ts reads others'. Source: huggingface/safetensors, README "Format".
 */
import { fail } from '../../core/errors.js';
import { type DType, type Tensor, tensorOfBytes } from '../../core/tensor.js';
import { parseSafetensorsHeader, type SafetensorsDtype } from './safetensors-header.js';

const dtypes: ReadonlyMap<SafetensorsDtype, DType> = new Map([
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['F16', 'float16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

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
  const { entries, metadata } = parseSafetensorsHeader(
    bytes.subarray(8, start),
    bytes.length - start,
    refuse,
  );
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype: stored, shape, from, to }] of entries) {
    const dtype = dtypes.get(stored);
    if (dtype === undefined) throw refuse(`the dtype ${stored} of ${name} is not one that runs write`);
    tensors.set(name, tensorOfBytes(dtype, bytes.subarray(start + from, start + to), shape));
  }
  return { tensors, metadata };
}

function nameOf(dtype: DType): SafetensorsDtype {
  return [...dtypes].find(([, known]) => known === dtype)?.[0] ?? 'F32';
}
