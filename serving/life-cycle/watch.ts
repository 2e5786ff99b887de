/** Looks into the repository again and again; a look begins when the one before is done. */
import type { Clock } from '../clock.js';

export interface Watched {
  poll(): Promise<void>;
}

/** @returns what ends it, when a look that is under way is done */
export function watchRepository(
  registry: Watched,
  loaded: Promise<unknown>,
  intervalMs: number,
  clock: Clock,
): () => Promise<void> {
  let timer: unknown = null;
  let stopped = false;
  let look = Promise.resolve();
  const next = () => {
    if (stopped) return;
    timer = clock.setTimeout(() => {
      // A repository that cannot be read now may be there at the next look.
      look = registry
        .poll()
        .catch(() => undefined)
        .then(next);
    }, intervalMs);
  };
  void loaded.catch(() => undefined).then(next);
  return () => {
    stopped = true;
    clock.clearTimeout(timer);
    return look;
  };
}
