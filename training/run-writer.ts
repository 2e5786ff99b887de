/** Writing a run folder's files, each whole or not at all. */
import path from 'node:path';
import { writeWhole } from '../core/write-whole.js';
import { type Run, runFiles } from '../models/run-folder.js';
import { termsOf } from './data/catalog.js';
import type { Example } from './data/dataset.js';
import type { LabelledExample } from './data/labelled.js';

/** Texts of dev on which an export is compared with the eager forward. */
const validationRows = 200;

/** Objects as JSON. @throws RetortError file_unwritable */
export async function writeRunFile(
  folder: string,
  name: string,
  content: string | Uint8Array | Run | readonly string[],
): Promise<void> {
  const bytes =
    typeof content === 'string' || content instanceof Uint8Array
      ? content
      : `${JSON.stringify(content, null, 2)}\n`;
  await writeWhole(path.join(folder, name), bytes);
}

export function writeValidation(folder: string, dev: readonly LabelledExample[]): Promise<void> {
  const texts = dev.slice(0, validationRows).map(({ text }) => text);
  return writeRunFile(folder, runFiles.validation, texts);
}

/** What the lineage says of a file of texts. */
export function dataEntry(
  name: string,
  { sha256, examples }: { readonly sha256: string; readonly examples: readonly Example[] },
): Run['data'][number] {
  return { name, sha256, rows: examples.length, terms: termsOf(sha256) ?? 'not stated' };
}
