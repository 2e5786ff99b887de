/** What a look into the repository takes for new: it remembers what was there, and what was refused as it then lay. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type BundleAddress, isNewer } from '../../core/bundle/repository.js';
import type { RetortError } from '../../core/errors.js';

interface Refusal {
  readonly error: RetortError;
  readonly stamp: string;
}

export class Arrivals {
  /** The newest version of each name at the latest look or change by hand: what is chosen stays until another comes. */
  readonly #newest = new Map<string, string>();
  readonly #refused = new Map<string, Refusal>();

  /** @param newest of its name */
  saw({ name, version }: BundleAddress): void {
    this.#newest.set(name, version);
  }

  /** @param stamp of the folder before it was loaded: what changes meanwhile is seen by the next look */
  refused(address: BundleAddress, error: RetortError, stamp: string): void {
    this.#refused.set(keyOf(address), { error, stamp });
  }

  loaded(address: BundleAddress): void {
    this.#refused.delete(keyOf(address));
  }

  /** Why a version was refused; null where it was not. */
  refusalOf(address: BundleAddress): RetortError | null {
    return this.#refused.get(keyOf(address))?.error ?? null;
  }

  /** Whether a name's newest version has come since it was last looked at, or has changed since it was refused. */
  async isNew(newest: BundleAddress): Promise<boolean> {
    const refusal = this.#refused.get(keyOf(newest));
    if (refusal !== undefined) return (await stampOf(newest.folder)) !== refusal.stamp;
    const seen = this.#newest.get(newest.name);
    return seen === undefined || isNewer(newest.version, seen);
  }
}

/** Changes while a bundle is being copied into its folder. */
export async function stampOf(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const files = names.sort().map(async (name) => {
    const found = await stat(path.join(folder, name)).catch(() => null);
    return [name, found?.size, found?.mtimeMs].join(':');
  });
  return (await Promise.all(files)).join('\n');
}

export function keyOf({ name, version }: Pick<BundleAddress, 'name' | 'version'>): string {
  return `${name}/${version}`;
}
