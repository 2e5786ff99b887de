/**
 * The header of a safetensors file: an 8-byte little-endian length, then a JSON object that names each tensor's dtype,
 * shape and byte range behind the header. Source: huggingface/safetensors, README "Format".
 */
import { z } from 'zod';
import { sizeOf } from '../../core/tensor.js';

/** Bytes of one element, by the format's name of a dtype. */
export const safetensorsBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type SafetensorsDtype = keyof typeof safetensorsBytes;

export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** In the data, which begins behind the header. */
  readonly from: number;
  readonly to: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/** The header's own limit, which the reference implementation has too: 100 MB. */
export const largestHeader = 100_000_000;

/**
 * @param bytes of the header alone, behind its length
 * @param dataBytes how many bytes follow the header
 * @param refuse makes the error that is thrown
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  dataBytes: number,
  refuse: (reason: string) => Error,
): SafetensorsHeader {
  const { __metadata__: metadata, ...raw } = parseObject(bytes, refuse);
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(raw)) {
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) throw refuse(`the header's entry of ${name} is not valid`);
    const {
      dtype,
      shape,
      data_offsets: [from, to],
    } = parsed.data;
    if (!isDtype(dtype)) throw refuse(`the dtype ${dtype} of ${name} is not known`);
    if (to < from || to > dataBytes || to - from !== sizeOf(shape) * safetensorsBytes[dtype])
      throw refuse(`the data of ${name} do not fit its shape or the file`);
    entries.set(name, { dtype, shape, from, to });
  }
  refuseOverlaps(entries, refuse);
  return { entries, metadata: metadataSchema.safeParse(metadata).data ?? {} };
}

function isDtype(name: string): name is SafetensorsDtype {
  return Object.hasOwn(safetensorsBytes, name);
}

function refuseOverlaps(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  refuse: (reason: string) => Error,
): void {
  const ordered = [...entries]
    .filter(([, { from, to }]) => to > from)
    .sort(([, a], [, b]) => a.from - b.from);
  ordered.forEach(([name, { to }], index) => {
    const next = ordered[index + 1];
    if (next !== undefined && next[1].from < to) throw refuse(`the data of ${name} and ${next[0]} overlap`);
  });
}

function parseObject(json: Uint8Array, refuse: (reason: string) => Error): Record<string, unknown> {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  } catch {
    throw refuse('its header is not a JSON object');
  }
}
