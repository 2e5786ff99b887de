/** Time that goes on only when something is due: hours of load in milliseconds, and the same every time. */
import type { GeneratorClock } from '../../../loadtest/open-loop/clock.js';

export class VirtualTime implements GeneratorClock {
  #now = 5000; // not 0: only differences may mean anything
  readonly #due: { readonly at: number; readonly callback: () => void }[] = [];
  /** Milliseconds by which `wake` is late. */
  lateness: () => number = () => 0;

  now(): number {
    return this.#now;
  }

  wake(afterMs: number, callback: () => void): void {
    // At least so much that the sum is a later number.
    this.after(Math.max(1e-9, afterMs) + this.lateness(), callback);
  }

  /** Exactly then. */
  after(ms: number, callback: () => void): void {
    this.#due.push({ at: this.#now + ms, callback });
  }

  /** Until nothing is due any more. */
  async runOut(): Promise<void> {
    while (this.#due.length > 0) {
      const soonest = this.#due.reduce((best, { at }, i) => (at < this.#due[best]!.at ? i : best), 0);
      const [next] = this.#due.splice(soonest, 1);
      this.#now = Math.max(this.#now, next!.at);
      next!.callback();
      await Promise.resolve();
    }
  }
}
