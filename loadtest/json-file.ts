/** A file that the product wrote as JSON, read again. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { fail } from '../core/errors.js';

type Errors =
  | { readonly missing: 'load_report_missing'; readonly malformed: 'load_report_malformed' }
  | { readonly missing: 'plan_costs_missing'; readonly malformed: 'plan_costs_malformed' };

/** @throws RetortError of `errors`: no such file, or not of this schema */
export async function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  errors: Errors,
): Promise<z.infer<Schema>> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fail(errors.missing, { path }, error);
  });
  try {
    return schema.parse(JSON.parse(content));
  } catch (error) {
    throw fail(errors.malformed, { path }, error);
  }
}
