/** Notes for a model card. */
import { readFile } from 'node:fs/promises';
import { fail } from '../core/errors.js';

/** @throws RetortError notes_missing */
export async function readNotes(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw fail('notes_missing', { path: file }, error);
  });
}
