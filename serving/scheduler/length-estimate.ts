/** How long a text is in ids, before a worker has cut it: what it is bucketed by. */

/** Weight of the latest text in the moving average. */
const latestWeight = 0.01;

export class LengthEstimate {
  readonly #longestRow: number;
  /** At first as if each character were an id: no text has more. */
  #idsPerCharacter = 1;

  /** @param longestRow the most ids that a text becomes */
  constructor(longestRow: number) {
    this.#longestRow = longestRow;
  }

  of(characters: number): number {
    return Math.min(Math.max(1, Math.ceil(characters * this.#idsPerCharacter)), this.#longestRow);
  }

  /** A text that was cut into `ids`. */
  saw(characters: number, ids: number): void {
    // Of one that was cut off the whole length is not known.
    if (characters === 0 || ids >= this.#longestRow) return;
    this.#idsPerCharacter += latestWeight * (ids / characters - this.#idsPerCharacter);
  }
}
