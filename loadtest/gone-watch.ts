/** When a server is taken to be gone: so many connections failed in a row, and none answered for so long. */
import type { Outcome } from './outcome.js';

const failuresUntilGone = 100;
const silentMsUntilGone = 2000;

export class GoneWatch {
  #failuresInARow = 0;
  #lastAnswerMs = 0;
  #isGone = false;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** @param nowMs from the start of the run */
  ended(outcome: Outcome, nowMs: number): void {
    if (outcome !== 'connection') {
      this.#failuresInARow = 0;
      this.#lastAnswerMs = nowMs;
      return;
    }
    this.#failuresInARow += 1;
    this.#isGone =
      this.#failuresInARow >= failuresUntilGone && nowMs - this.#lastAnswerMs >= silentMsUntilGone;
  }
}
