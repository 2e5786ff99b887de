/** Reading a tokenizer's descriptor: the part of a manifest that says how to open it. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fail } from '../errors.js';

/** A file beside the manifest; never a path that leaves the folder. */
export const fileNameSchema = z.string().regex(/^[\w][\w.-]*$/);

/** The most ids a text becomes, special tokens counted. */
export const maxTokensSchema = z
  .int()
  .min(2)
  .max(1 << 20);

/** @throws RetortError tokenizer_invalid */
export function parseDescriptor<T>(schema: z.ZodType<T>, descriptor: unknown): T {
  const parsed = schema.safeParse(descriptor);
  if (!parsed.success) throw fail('tokenizer_invalid', { reason: z.prettifyError(parsed.error) });
  return parsed.data;
}

/** @throws RetortError of the code: there is no such file */
export async function readTokenizerFile(
  path: string,
  code: 'vocabulary_missing' | 'tokenizer_missing' = 'vocabulary_missing',
): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw fail(code, { path }, error);
  });
}
