/**
 * How late the main thread runs what is due. Node's `monitorEventLoopDelay` records the time between its ticks, the
 * interval counted; here ticks are due at fixed times, and each is counted with what it came later. Those that were due
 * while the loop stood still waited too, each for its part, so the figures are those of work that comes at any time.
 */
import type { Clock } from '../clock.js';

/** Milliseconds between ticks. Timers have a granularity of one, so an idle loop shows delays of up to that. */
const everyMs = 5;
/** A process that was suspended counts no more than this. */
const longestMs = 60_000;

/** Returns what ends it. */
export function watchEventLoop(clock: Clock, observe: (delayMs: number) => void): () => void {
  let due = clock.now() + everyMs;
  const tick = () => {
    const now = clock.now();
    for (due = Math.max(due, now - longestMs); due <= now; due += everyMs) observe(now - due);
    timer = clock.setTimeout(tick, Math.ceil(due - now));
  };
  let timer = clock.setTimeout(tick, everyMs);
  return () => {
    clock.clearTimeout(timer);
  };
}
