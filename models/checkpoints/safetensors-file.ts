/** Safetensors checkpoints: `model.safetensors`, or shards that an index names. */
import { fail } from '../../core/errors.js';
import { float32 } from '../../core/tensor.js';
import { openRangeFile, type RangeFile } from './file-range.js';
import { largestHeader, parseSafetensorsHeader, type SafetensorsDtype } from './safetensors-header.js';
import { openShards } from './shards.js';
import type { CheckpointFormat, CheckpointSource } from './source.js';
import { floatTypes } from './widen.js';

export const safetensorsFormat: CheckpointFormat = {
  name: 'safetensors',
  find: (names) => names.find((name) => name === 'model.safetensors') ?? null,
  open: openSafetensorsFile,
};

export const shardedSafetensorsFormat: CheckpointFormat = {
  name: 'sharded safetensors',
  find: (names) => names.find((name) => name === 'model.safetensors.index.json') ?? null,
  open: (index) => openShards(index, openSafetensorsFile),
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
      const type = elementTypes[dtype];
      if (type === undefined) throw refuse(`${name} is of ${dtype}, not of floating-point numbers`);
      const { buffer } = await file.read(start + from, to - from);
      return float32(type.widen(buffer), shape);
    },
    close: () => file.close(),
  };
}

const elementTypes: Partial<Record<SafetensorsDtype, (typeof floatTypes)[keyof typeof floatTypes]>> = {
  F64: floatTypes.float64,
  F32: floatTypes.float32,
  F16: floatTypes.float16,
  BF16: floatTypes.bfloat16,
};
