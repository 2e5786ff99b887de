/**
 * A training run's folder: `last.safetensors` (parameters, the optimiser's slots and where the run stands) and
 * `best.safetensors` (the parameters that did best on dev). Each is written beside and renamed, so a file is whole or
 * the one before; a run that is killed loses the steps since its last checkpoint and nothing more.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../core/errors.js';
import { parseJson } from '../core/parse-json.js';
import { tensor, type Tensor } from '../core/tensor.js';
import { writeWhole } from '../core/write-whole.js';
import { decodeSafetensors, encodeSafetensors } from '../models/checkpoints/safetensors.js';

/** Right after an evaluation. */
export const noneRecent = { steps: 0, loss: 0 };

export const progressSchema = z.strictObject({
  /** Steps done. */
  step: z.int().nonnegative(),
  optimizerStep: z.int().nonnegative(),
  /** The best evaluation so far; null before the first. */
  best: z.strictObject({ step: z.int(), correct: z.int(), rows: z.int() }).nullable(),
  /** Since the last evaluation: the steps, and the sum of their losses. */
  recent: z.strictObject({ steps: z.int().nonnegative(), loss: z.number() }).default(noneRecent),
  /** Of everything that the run's result depends on: a resumed run must be the same run. */
  fingerprint: z.string(),
});

export type Progress = z.infer<typeof progressSchema>;

export interface Checkpoint {
  readonly progress: Progress;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly slots: ReadonlyMap<string, Float32Array>;
}

const lastFile = 'last.safetensors';
const bestFile = 'best.safetensors';
const slotPrefix = 'optimizer/';

/** @throws RetortError file_unwritable */
export async function writeCheckpoint(
  folder: string,
  { progress, parameters, slots }: Checkpoint,
): Promise<void> {
  const tensors = new Map(parameters);
  for (const [name, data] of slots) tensors.set(slotPrefix + name, tensor('float32', data, [data.length]));
  const metadata = { progress: JSON.stringify(progress) };
  await writeWhole(path.join(folder, lastFile), encodeSafetensors({ tensors, metadata }));
}

/** @throws RetortError run_without_checkpoint, checkpoint_malformed */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const file = path.join(folder, lastFile);
  const { tensors, metadata } = decodeSafetensors(await readExisting(file), file);
  const progress = progressSchema.safeParse(parseJson(metadata.progress ?? ''));
  if (!progress.success)
    throw fail('checkpoint_malformed', { path: file, reason: 'it holds no training progress' });
  const parameters = new Map<string, Tensor>();
  const slots = new Map<string, Float32Array>();
  for (const [name, value] of tensors) {
    if (value.dtype !== 'float32') continue;
    if (name.startsWith(slotPrefix)) slots.set(name.slice(slotPrefix.length), value.data);
    else parameters.set(name, value);
  }
  return { progress: progress.data, parameters, slots };
}

/** @throws RetortError file_unwritable */
export async function writeBest(folder: string, parameters: ReadonlyMap<string, Tensor>): Promise<void> {
  await writeWhole(path.join(folder, bestFile), encodeSafetensors({ tensors: parameters, metadata: {} }));
}

async function readExisting(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: unknown) => {
    throw fail('run_without_checkpoint', { path: file }, error);
  });
}
