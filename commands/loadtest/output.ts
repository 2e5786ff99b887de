/** Where a load report goes. */
import { rename, writeFile } from 'node:fs/promises';
import { fail } from '../../core/errors.js';

/**
 * Writes a file beside its place and renames it.
 * @throws RetortError file_unwritable
 */
export async function writeWhole(path: string, content: string): Promise<void> {
  try {
    await writeFile(`${path}.partial`, content);
    await rename(`${path}.partial`, path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fail('file_unwritable', { path, reason }, error);
  }
}

/** An interrupted command's exit status, as shells count it. */
export const interruptedStatus = 130;
