/** How many texts may be passed on to the teacher: a share of all, saved up to a burst. */

const largestBurst = 16;

export class EscalationBudget {
  readonly #share: number;
  #saved = 1;

  /** @param share of the texts, 0 to 1 */
  constructor(share: number) {
    this.#share = share;
  }

  /** A text that the student answered; `left` is the share of the budget that load leaves. */
  earn(left: number): void {
    this.#saved = Math.min(largestBurst, this.#saved + this.#share * left);
  }

  get allows(): boolean {
    return this.#saved >= 1;
  }

  spend(): void {
    this.#saved -= 1;
  }
}
