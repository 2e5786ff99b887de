/** Files that are there as a whole, on the disk, or not at all. */
import { open, rename } from 'node:fs/promises';
import { fail } from './errors.js';
import { reasonOf } from './reason-of.js';

/** Of a file: all at once, or parts that follow each other. */
export type Content = string | Uint8Array | readonly Uint8Array[];

/**
 * Writes a file beside its place and renames it.
 * @throws RetortError file_unwritable
 */
export async function writeWhole(path: string, content: Content): Promise<void> {
  try {
    await writeSynced(`${path}.part`, content);
    await rename(`${path}.part`, path);
  } catch (error) {
    const reason = reasonOf(error);
    throw fail('file_unwritable', { path, reason }, error);
  }
}

/** Writes a file, and waits until the disk has it: what is renamed before could be found empty after a power cut. */
export async function writeSynced(path: string, content: Content): Promise<void> {
  const handle = await open(path, 'w');
  try {
    const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
