/** Writes a bundle beside its place and renames it there: a half-written bundle never exists. */
import { createHash, randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fail } from '../errors.js';
import { exists } from '../exists.js';
import { makeFolder } from '../make-folder.js';
import { writeSynced } from '../write-whole.js';
import { type Manifest, manifestSchema } from './manifest.js';
import { MANIFEST_FILE } from './read.js';

export interface WriteBundleOptions {
  /** Replace a version that is there already. */
  readonly replace?: boolean;
}

/**
 * The folder of a bundle in a repository, where one may be written: long work asks before it starts.
 * @throws RetortError bundle_exists, file_unwritable
 */
export async function placeOfBundle(
  repository: string,
  { name, version }: Pick<Manifest, 'name' | 'version'>,
  { replace = false }: WriteBundleOptions = {},
): Promise<string> {
  const folder = path.join(repository, name, version);
  if (!replace && (await exists(folder))) throw fail('bundle_exists', { path: folder });
  await makeFolder(repository);
  return folder;
}

/**
 * @param repository holds `<name>/<version>/` folders
 * @param files everything but the manifest, by name; their sizes and hashes go into the manifest
 * @returns the bundle's folder
 * @throws RetortError bundle_exists
 */
export async function writeBundle(
  repository: string,
  manifest: Omit<Manifest, 'files'>,
  files: ReadonlyMap<string, Uint8Array>,
  { replace = false }: WriteBundleOptions = {},
): Promise<string> {
  const folder = await placeOfBundle(repository, manifest, { replace });
  const whole = manifestSchema.parse({
    ...manifest,
    files: Array.from(files, ([name, bytes]) => ({
      path: name,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
  });
  const beside = `${folder}.${randomUUID()}.part`;
  await makeFolder(beside);
  try {
    for (const [name, bytes] of files) await writeSynced(path.join(beside, name), bytes);
    await writeSynced(path.join(beside, MANIFEST_FILE), `${JSON.stringify(whole, null, 2)}\n`);
    if (replace) await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
  return folder;
}
