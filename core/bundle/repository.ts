/** A repository: a folder of bundles, `<name>/<version>/`. */
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { fail } from '../errors.js';
import { bundleNamePattern } from './name-pattern.js';

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
    // A folder that may not be read, or has gone meanwhile, has none.
    const versions = await foldersIn(path.join(repository, name)).catch(() => []);
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

export function isNewer(version: string, than: string): boolean {
  return byVersion.compare(version, than) > 0;
}

/** 10 is newer than 9. */
const byVersion = new Intl.Collator('en', { numeric: true });

/** Sub-folders whose names a bundle may have; those of an unfinished write (`.part`) are none. */
async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const named = entries.filter(({ name }) => bundleNamePattern.test(name) && !name.endsWith('.part'));
  const found = await Promise.all(
    named.map(
      async (entry) => entry.isDirectory() || (entry.isSymbolicLink() && (await linksIn(folder, entry.name))),
    ),
  );
  const names = named.filter((_, index) => found[index]).map(({ name }) => name);
  return names.sort(byVersion.compare);
}

/** Whether a link leads to a folder from elsewhere: one to a folder beside it (`latest`) is another name of that one. */
async function linksIn(folder: string, name: string): Promise<boolean> {
  try {
    const link = path.join(folder, name);
    const beside = path.dirname(path.resolve(folder, await readlink(link)));
    return (await stat(link)).isDirectory() && (await realpath(beside)) !== (await realpath(folder));
  } catch {
    return false;
  }
}
