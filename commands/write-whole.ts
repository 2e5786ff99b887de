/** Files that are there as a whole or not at all. */
import { rename, writeFile } from 'node:fs/promises';
import { fail } from '../core/errors.js';

/**
 * Writes a file beside its place and renames it.
 * @throws RetortError file_unwritable
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(`${path}.part`, content);
    await rename(`${path}.part`, path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fail('file_unwritable', { path, reason }, error);
  }
}
