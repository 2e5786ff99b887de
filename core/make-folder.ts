/** Folders that results go into. */
import { mkdir } from 'node:fs/promises';
import { fail } from './errors.js';
import { reasonOf } from './reason-of.js';

/** Makes a folder and those above it, where they are not there. @throws RetortError file_unwritable */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw fail('file_unwritable', { path, reason: reasonOf(error) }, error);
  }
}
