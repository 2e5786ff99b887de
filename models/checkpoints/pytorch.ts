/** PyTorch checkpoints: `pytorch_model.bin`, or shards that an index names. Nothing in them is run. */
import { openRangeFile } from './file-range.js';
import { openLegacyState } from './pytorch-legacy.js';
import { openZipState } from './pytorch-zip.js';
import { openShards } from './shards.js';
import type { CheckpointFormat, CheckpointSource } from './source.js';

export const pytorchFormat: CheckpointFormat = {
  name: 'PyTorch',
  find: (names) => names.find((name) => name === 'pytorch_model.bin') ?? null,
  open: openState,
};

export const shardedPytorchFormat: CheckpointFormat = {
  name: 'sharded PyTorch',
  find: (names) => names.find((name) => name === 'pytorch_model.bin.index.json') ?? null,
  open: (index) => openShards(index, openState),
};

async function openState(path: string): Promise<CheckpointSource> {
  const file = await openRangeFile(path);
  try {
    const start = Buffer.from(await file.read(0, Math.min(4, file.bytes))).toString('latin1');
    return await (start === 'PK\u0003\u0004' ? openZipState(file) : openLegacyState(file));
  } catch (error) {
    await file.close();
    throw error;
  }
}
