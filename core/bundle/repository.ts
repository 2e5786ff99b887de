/** A repository: a folder of bundles, `<name>/<version>/`. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fail } from '../errors.js';

export interface BundleAddress {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/**
 * Every version of every bundle, the newest of a name first.
 * @throws RetortError repository_missing
 */
export async function listRepository(repository: string): Promise<BundleAddress[]> {
  const names = await foldersIn(repository).catch((error: unknown) => {
    throw fail('repository_missing', { path: repository }, error);
  });
  const found: BundleAddress[] = [];
  for (const name of names) {
    const versions = await foldersIn(path.join(repository, name));
    versions.sort((a, b) => byVersion.compare(b, a));
    found.push(
      ...versions.map((version) => ({ name, version, folder: path.join(repository, name, version) })),
    );
  }
  return found;
}

/**
 * The versions of one name, at least one, the newest first.
 * @throws RetortError repository_missing, model_missing
 */
export async function bundlesNamed(repository: string, name: string): Promise<BundleAddress[]> {
  const all = await listRepository(repository);
  const found = all.filter((address) => address.name === name);
  if (found.length === 0) {
    const known = [...new Set(all.map((address) => address.name))].join(', ') || 'none';
    throw fail('model_missing', { model: name, path: repository, known });
  }
  return found;
}

/** 10 is newer than 9. */
const byVersion = new Intl.Collator('en', { numeric: true });

/** Sub-folders by name; those of an unfinished write (`.part`) are not bundles. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.endsWith('.part'))
    .map(({ name }) => name);
  return names.sort(byVersion.compare);
}
