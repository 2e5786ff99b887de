/** The generator's time, injected: tests turn their own clock. */
import { availableParallelism } from 'node:os';

export interface GeneratorClock {
  /** Milliseconds that only go forward, whatever happens to the wall clock. */
  now(): number;
  /** Calls back after about so many milliseconds; answers are read meanwhile. */
  wake(afterMs: number, callback: () => void): void;
}

/**
 * Timers of Node fire up to a millisecond late. Where there are cores to spare the last millisecond is spent asking for
 * the time; on a small machine that would take from the server under test.
 */
const coresToSpare = 4;

export function systemClock(spin = availableParallelism() >= coresToSpare): GeneratorClock {
  return {
    now: () => performance.now(),
    wake(afterMs, callback) {
      if (afterMs <= 0 || (spin && afterMs < 1)) setImmediate(callback);
      else setTimeout(callback, spin ? Math.floor(afterMs) : Math.max(1, Math.floor(afterMs)));
    },
  };
}
