/** Files that are there as a whole, on the disk, or not at all. */
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  stat,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode } from './has-code.js';
import { onDisk } from './on-disk.js';

/** Of a file: all at once, or parts that follow each other. */
export type Content = string | Uint8Array | readonly Uint8Array[];

/**
 * Writes a file beside its place and renames it; what a link leads to is written, not the link. What is there and is no
 * file, such as a device or a pipe, is written to as it is.
 * @throws RetortError file_unwritable
 */
export async function writeWhole(path: string, content: Content): Promise<void> {
  await onDisk(path, async () => {
    const place = await behindLinks(path);
    if (await isFileOrNone(place)) {
      await writeSynced(`${place}.part`, content);
      await rename(`${place}.part`, place);
    } else await write(place, content);
  });
}

/**
 * Makes the folders of files that long work will write at its end, so that a path that cannot be written is told before.
 * Those that are not asked for are undefined.
 * @throws RetortError file_unwritable
 */
export async function prepareToWrite(...paths: readonly (string | undefined)[]): Promise<void> {
  for (const path of paths) {
    if (path === undefined) continue;
    await onDisk(path, async () => {
      const place = await behindLinks(path);
      await mkdir(dirname(place), { recursive: true });
      const isFile = await isFileOrNone(place);
      await access(isFile ? dirname(place) : place, constants.W_OK);
    });
  }
}

/** Writes a file, and waits until the disk has it: what is renamed before could be found empty after a power cut. */
export async function writeSynced(path: string, content: Content): Promise<void> {
  await write(path, content, (handle) => handle.sync());
}

async function write(
  path: string,
  content: Content,
  after: (handle: FileHandle) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const handle = await open(path, 'w');
  try {
    const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for (const part of parts) await handle.writeFile(part);
    await after(handle);
  } finally {
    await handle.close();
  }
}

/** Where links lead, to a file that is not there too. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const link = await readlink(path).catch(() => null);
    return link === null ? path : behindLinks(resolve(dirname(path), link));
  }
}

async function isFileOrNone(place: string): Promise<boolean> {
  const found = await stat(place).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (found?.isDirectory() === true) throw new Error('it is a folder');
  return found?.isFile() ?? true;
}
