/**
 * What a training run leaves on disk for export: `run.json` (the schema below), `best.safetensors`, the tokenizer's
 * files, and `validation.json`, the texts on which an export is compared with the eager forward.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { decodeSafetensors } from './checkpoints/safetensors.js';

const scoreSchema = z.strictObject({ data: z.string(), rows: z.int(), correct: z.int() });

export const runSchema = z.strictObject({
  format: z.literal(1),
  network: z.strictObject({ kind: z.string(), config: z.record(z.string(), z.unknown()) }),
  tokenizer: z.looseObject({ kind: z.string() }),
  /** In the folder, as the tokenizer names them. */
  tokenizerFiles: z.array(z.string().regex(/^[\w][\w.-]*$/)),
  command: z.string(),
  seed: z.int(),
  /** The pretrained checkpoint that training started from; null where the seed drew everything. */
  base: z.strictObject({ name: z.string(), sha256: z.string() }).nullable(),
  /** Of a student that learnt from a teacher's logits: which. */
  teacher: z.string().nullable().default(null),
  settings: z.record(z.string(), z.unknown()),
  data: z.array(z.strictObject({ name: z.string(), sha256: z.string(), rows: z.int(), terms: z.string() })),
  /** Of the best parameters; empty until the first evaluation. */
  scores: z.array(scoreSchema),
});

export type Run = z.infer<typeof runSchema>;

export const runFiles = {
  run: 'run.json',
  best: 'best.safetensors',
  last: 'last.safetensors',
  log: 'log.jsonl',
  validation: 'validation.json',
  /** While it is written. */
  lock: 'run.lock',
} as const;

export interface FinishedRun {
  readonly run: Run;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly validationTexts: readonly string[];
}

/** @throws RetortError run_missing, run_malformed, checkpoint_malformed */
export async function readRun(folder: string): Promise<FinishedRun> {
  const read = (file: string) =>
    readFile(path.join(folder, file)).catch((error: unknown) => {
      throw fail('run_missing', { path: path.join(folder, file) }, error);
    });
  const readJson = async <T>(name: string, schema: z.ZodType<T>): Promise<T> => {
    const malformed = (reason: string, cause: unknown) =>
      fail('run_malformed', { path: path.join(folder, name), reason }, cause);
    const bytes = await read(name);
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8'));
    } catch (error) {
      throw malformed('it is not JSON', error);
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw malformed(z.prettifyError(parsed.error), parsed.error);
    return parsed.data;
  };
  const run = await readJson(runFiles.run, runSchema);
  const best = path.join(folder, runFiles.best);
  const { tensors } = decodeSafetensors(await read(runFiles.best), best);
  const validationTexts = await readJson(runFiles.validation, z.array(z.string()));
  return { run, parameters: tensors, validationTexts };
}
