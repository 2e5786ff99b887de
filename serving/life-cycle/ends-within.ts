/** A wait that has a limit. */
import type { Clock } from '../clock.js';

/** @returns whether the work ended in time; it goes on where it did not */
export async function endsWithin(work: Promise<unknown>, limitMs: number, clock: Clock): Promise<boolean> {
  let timer: unknown = null;
  const late = new Promise<false>((resolve) => {
    timer = clock.setTimeout(() => {
      resolve(false);
    }, limitMs);
  });
  return Promise.race([work.then(() => true), late]).finally(() => {
    clock.clearTimeout(timer);
  });
}
