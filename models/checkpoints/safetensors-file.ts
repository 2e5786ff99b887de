/** Safetensors checkpoints: `model.safetensors`, or shards that an index names. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import { float32, type TensorOf } from '../../core/tensor.js';
import { openRangeFile, type RangeFile } from './file-range.js';
import { largestHeader, parseSafetensorsHeader, type SafetensorsDtype } from './safetensors-header.js';
import type { CheckpointFormat, CheckpointSource, StoredTensor } from './source.js';
import { widenBfloat16, widenFloat16 } from './widen.js';

export const safetensorsFormat: CheckpointFormat = {
  name: 'safetensors',
  find: (names) => names.find((name) => name === 'model.safetensors') ?? null,
  open: openSafetensorsFile,
};

export const shardedSafetensorsFormat: CheckpointFormat = {
  name: 'sharded safetensors',
  find: (names) => names.find((name) => name === 'model.safetensors.index.json') ?? null,
  open: openShards,
};

async function openSafetensorsFile(path: string): Promise<CheckpointSource> {
  const file = await openRangeFile(path);
  try {
    return await sourceOf(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function sourceOf(file: RangeFile): Promise<CheckpointSource> {
  const refuse = (reason: string) => fail('checkpoint_malformed', { path: file.path, reason });
  const length = Buffer.from(await file.read(0, 8)).readBigUInt64LE();
  if (length > BigInt(Math.min(file.bytes - 8, largestHeader)))
    throw refuse('its header is longer than the file');
  const start = 8 + Number(length);
  const { entries } = parseSafetensorsHeader(await file.read(8, Number(length)), file.bytes - start, refuse);
  return {
    tensors: entries,
    async read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw refuse(`it holds no ${name}`);
      const { dtype, shape, from, to } = entry;
      const convert = conversions[dtype];
      if (convert === undefined) throw refuse(`${name} is of ${dtype}, not of floating-point numbers`);
      const { buffer } = await file.read(start + from, to - from);
      return float32(convert(buffer), shape);
    },
    close: () => file.close(),
  };
}

const conversions: Partial<Record<SafetensorsDtype, (buffer: ArrayBufferLike) => Float32Array>> = {
  F64: (buffer) => Float32Array.from(new Float64Array(buffer)),
  F32: (buffer) => new Float32Array(buffer),
  F16: (buffer) => widenFloat16(new Uint16Array(buffer)),
  BF16: (buffer) => widenBfloat16(new Uint16Array(buffer)),
};

const indexSchema = z.object({
  /** File by tensor; never a path that leaves the folder. */
  weight_map: z.record(z.string(), z.string().regex(/^[\w][\w.-]*$/)),
});

async function openShards(index: string): Promise<CheckpointSource> {
  const refuse = (reason: string) => fail('checkpoint_malformed', { path: index, reason });
  const text = await readFile(index, 'utf8').catch((error: unknown) => {
    throw fail('checkpoint_missing', { path: index }, error);
  });
  const parsed = indexSchema.safeParse(parseJson(text));
  if (!parsed.success) throw refuse('it is no index of shards beside it');
  const places = new Map(Object.entries(parsed.data.weight_map));
  const shards = new Map<string, CheckpointSource>();
  const close = async () => {
    await Promise.all(Array.from(shards.values(), (shard) => shard.close()));
  };
  const tensors = new Map<string, StoredTensor>();
  try {
    for (const file of new Set(places.values()))
      shards.set(file, await openSafetensorsFile(path.join(path.dirname(index), file)));
    for (const [name, file] of places) {
      const stored = shards.get(file)?.tensors.get(name);
      if (stored === undefined) throw refuse(`${file} does not hold ${name}`);
      tensors.set(name, stored);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    tensors,
    read: (name): Promise<TensorOf<'float32'>> => {
      const shard = shards.get(places.get(name) ?? '');
      if (shard === undefined) return Promise.reject(refuse(`it holds no ${name}`));
      return shard.read(name);
    },
    close,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
