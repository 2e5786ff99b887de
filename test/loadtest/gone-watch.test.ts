/** When a server is taken to be gone. */
import { describe, expect, it } from '@jest/globals';
import { GoneWatch } from '../../loadtest/gone-watch.js';

/** A watch that heard of `failures` failed connections, the last at `lastMs`. */
function after(failures: number, lastMs: number): GoneWatch {
  const watch = new GoneWatch();
  for (let i = 1; i <= failures; i++) watch.ended('connection', (lastMs * i) / failures);
  return watch;
}

describe('a server', () => {
  it('is gone after a hundred failed connections and two seconds without an answer, both', () => {
    expect(after(100, 2000).isGone).toBe(true);
    expect(after(99, 60_000).isGone).toBe(false);
    expect(after(10_000, 1999).isGone).toBe(false);
  });

  it('is there while it answers, whatever it answers', () => {
    const watch = after(99, 1900);
    watch.ended('503', 1950);
    for (let i = 0; i < 100; i++) watch.ended('connection', 3900);
    expect(watch.isGone).toBe(false);
    watch.ended('connection', 3950);
    expect(watch.isGone).toBe(true);
  });
});
