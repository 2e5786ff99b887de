/** The model repository extension of the Open Inference Protocol v2: what there is, load, unload. */
import { fail } from '../../core/errors.js';
import type { IndexEntry } from '../model-registry.js';
import { shortened } from '../shortened.js';
import type { ServingContext } from './context.js';

/** @param onlyReady leaves out versions that do not answer */
export async function repositoryIndex(
  { registry }: ServingContext,
  onlyReady: boolean,
): Promise<IndexEntry[]> {
  const entries = await registry.index();
  return onlyReady ? entries.filter(({ state }) => state === 'READY') : entries;
}

/**
 * Loads the newest version of a model, or anew the one that is pinned; resolves when it answers.
 * @throws RetortError server_draining, model_missing, model_refused and those of the bundle
 */
export async function loadModel({ registry, refusing }: ServingContext, name: string): Promise<void> {
  if (refusing) throw fail('server_draining', {});
  // The name becomes a folder of the repository: only those that are listed are looked for.
  const entries = await registry.index();
  if (!entries.some((entry) => entry.name === name)) {
    const known = [...new Set(entries.map((entry) => entry.name))].join(', ');
    throw fail('model_unknown', { model: shortened(name), known });
  }
  await registry.loadModel(name);
}

/** @throws RetortError model_unknown */
export function unloadModel({ registry }: ServingContext, name: string): Promise<void> {
  return registry.unloadModel(name);
}
