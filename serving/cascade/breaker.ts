/** A teacher that does not answer in time is left alone for a pause; then one text finds out whether it answers again. */

const firstPauseMs = 1000;
/** Each trial that fails doubles the pause, so often. */
const mostDoublings = 4;

export class Breaker {
  #isOpen = false;
  #trials = 0;
  #nextTrialMs = 0;

  /** How much longer than usual the teacher is waited for: a factor, as its answers may take longer than they took. */
  get patience(): number {
    return 2 ** Math.min(this.#trials, mostDoublings);
  }

  /** Whether a text may be asked about now; in a pause none, after it one. */
  admits(nowMs: number): boolean {
    if (!this.#isOpen) return true;
    if (nowMs < this.#nextTrialMs) return false;
    this.#trials += 1;
    this.#pause(nowMs);
    return true;
  }

  missed(nowMs: number): void {
    this.#isOpen = true;
    this.#pause(nowMs);
  }

  answered(): void {
    this.#isOpen = false;
    this.#trials = 0;
  }

  #pause(nowMs: number): void {
    this.#nextTrialMs = nowMs + firstPauseMs * this.patience;
  }
}
