/** Folders that results go into. */
import { mkdir } from 'node:fs/promises';
import { onDisk } from './on-disk.js';

/** Makes a folder and those above it, where they are not there. @throws RetortError file_unwritable */
export async function makeFolder(path: string): Promise<void> {
  await onDisk(path, () => mkdir(path, { recursive: true }));
}
