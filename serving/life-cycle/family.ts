/** The loaded versions of one name, and which of them answers a request. */
import type { ServedModel } from './served-model.js';

export interface Canary {
  readonly model: ServedModel;
  /** Of the requests that name no version, 0 to 100. */
  readonly percent: number;
}

export interface Family {
  /** Answers what names no version. */
  stable: ServedModel;
  canary: Canary | null;
  /** The version that was stable before; a rollback returns to it. */
  previousVersion: string | null;
}

export type Label = 'stable' | 'canary';

/** Where a request of this id falls, in [0, 100): the same id always in the same place (FNV-1a). */
export function percentileOf(requestId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < requestId.length; i += 1)
    hash = Math.imul(hash ^ requestId.charCodeAt(i), 0x01000193) >>> 0;
  // Ids that differ in their last character alone differ in the low bits: mix them upwards.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / (2 ** 32 / 100);
}

/**
 * @param version a version, a label, or nothing for the share that each label has
 * @returns undefined where the version is not loaded
 */
export function choose(
  { stable, canary }: Family,
  version: string | undefined,
  requestId: string,
): ServedModel | undefined {
  if (version === undefined)
    return canary !== null && percentileOf(requestId) < canary.percent ? canary.model : stable;
  const loaded = [stable, ...(canary === null ? [] : [canary.model])];
  return (
    loaded.find(({ manifest }) => manifest.version === version) ??
    (version === 'stable' ? stable : version === 'canary' ? canary?.model : undefined)
  );
}
