/** How fast a queue is served: what Retry-After is computed from. */
import type { Clock } from '../clock.js';

const windowMs = 5000;
const slices = 10;
const sliceMs = windowMs / slices;

export class ServiceRate {
  readonly #clock: Clock;
  readonly #counts = new Array<number>(slices).fill(0);
  #slice: number;
  readonly #startedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.now();
    this.#slice = Math.floor(this.#startedMs / sliceMs);
  }

  served(rows: number): void {
    this.#forget();
    const place = this.#slice % slices;
    this.#counts[place] = (this.#counts[place] ?? 0) + rows;
  }

  /** Rows a second over the latest five seconds; 0 where nothing was served. */
  get perSecond(): number {
    this.#forget();
    const span = Math.min(windowMs, Math.max(sliceMs, this.#clock.now() - this.#startedMs));
    return (1000 * this.#counts.reduce((sum, count) => sum + count, 0)) / span;
  }

  /** Whole seconds, 1 to 60, until `rows` rows are served. */
  secondsFor(rows: number): number {
    const rate = this.perSecond;
    return rate === 0 ? 1 : Math.min(60, Math.max(1, Math.ceil(rows / rate)));
  }

  #forget(): void {
    const now = Math.floor(this.#clock.now() / sliceMs);
    for (let step = Math.min(slices, now - this.#slice); step > 0; step -= 1)
      this.#counts[(now - step + 1) % slices] = 0;
    this.#slice = now;
  }
}
