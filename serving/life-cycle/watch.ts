/** Looks into the repository again and again; a look begins when the one before is done. */
import type { Clock } from '../clock.js';

export interface Watched {
  poll(): Promise<void>;
}

/** @returns what ends it */
export function watchRepository(
  registry: Watched,
  loaded: Promise<unknown>,
  intervalMs: number,
  clock: Clock,
): () => void {
  let timer: unknown = null;
  let stopped = false;
  const next = () => {
    if (stopped) return;
    timer = clock.setTimeout(() => {
      // A repository that cannot be read now may be there at the next look.
      void registry
        .poll()
        .catch(() => undefined)
        .then(next);
    }, intervalMs);
  };
  void loaded.catch(() => undefined).then(next);
  return () => {
    stopped = true;
    clock.clearTimeout(timer);
  };
}
