/** Checkpoints in several files: an index in JSON says which tensor lies in which. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../../core/errors.js';
import { parseJson } from '../../core/parse-json.js';
import type { TensorOf } from '../../core/tensor.js';
import type { CheckpointSource, StoredTensor } from './source.js';

const indexSchema = z.object({
  /** File by tensor; never a path that leaves the folder. */
  weight_map: z.record(z.string(), z.string().regex(/^[\w][\w.-]*$/)),
});

/**
 * The shards of an index as one source.
 * @throws RetortError checkpoint_missing, checkpoint_malformed, and what `openShard` throws
 */
export async function openShards(
  index: string,
  openShard: (file: string) => Promise<CheckpointSource>,
): Promise<CheckpointSource> {
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
      shards.set(file, await openShard(path.join(path.dirname(index), file)));
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
    shards: [...shards.keys()].sort().map((file) => path.join(path.dirname(index), file)),
    read: (name): Promise<TensorOf<'float32'>> => {
      const shard = shards.get(places.get(name) ?? '');
      if (shard === undefined) return Promise.reject(refuse(`it holds no ${name}`));
      return shard.read(name);
    },
    close,
  };
}
