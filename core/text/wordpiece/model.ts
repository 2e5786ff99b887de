/** WordPiece: a word becomes the longest pieces of the vocabulary, from left to right; later ones start with `##`. */

export interface WordPieceOptions {
  readonly unknownId: number;
  /** What marks a piece that continues a word. */
  readonly continuingPrefix: string;
  /** A longer word, in code points, is unknown. */
  readonly maxCharactersPerWord: number;
}

export class WordPiece {
  readonly #starts = new Map<string, number>();
  /** By the piece without its prefix. */
  readonly #continuations = new Map<string, number>();
  readonly #options: WordPieceOptions;
  /** UTF-16 units of the longest piece: a bound on the search. */
  readonly #longest: number;

  constructor(vocabulary: ReadonlyMap<string, number>, options: WordPieceOptions) {
    this.#options = options;
    let longest = 1;
    for (const [piece, id] of vocabulary) {
      this.#starts.set(piece, id);
      if (piece.startsWith(options.continuingPrefix)) {
        this.#continuations.set(piece.slice(options.continuingPrefix.length), id);
      }
      longest = Math.max(longest, piece.length);
    }
    this.#longest = longest;
  }

  /** Ids of a normalised text's words and punctuation marks, at most `limit`. */
  encode(text: string, limit: number): number[] {
    const ids: number[] = [];
    for (const [word] of text.matchAll(wordOrMark)) {
      if (ids.length >= limit) break;
      this.#push(word, ids);
    }
    return ids.slice(0, limit);
  }

  /** A word with a part that is no piece is unknown as a whole. */
  #push(word: string, ids: number[]): void {
    const { unknownId, maxCharactersPerWord } = this.#options;
    const before = ids.length;
    let start = isLonger(word, maxCharactersPerWord) ? -1 : 0;
    while (start >= 0 && start < word.length) {
      const pieces = start === 0 ? this.#starts : this.#continuations;
      let end = Math.min(word.length, start + this.#longest);
      let id: number | undefined;
      while (end > start && (id = pieces.get(word.slice(start, end))) === undefined) end -= 1;
      if (id === undefined) start = -1;
      else {
        ids.push(id);
        start = end;
      }
    }
    if (start < 0) {
      ids.length = before;
      ids.push(unknownId);
    }
  }
}

/** All ASCII signs count as punctuation, `$` and `+` too. */
const wordOrMark = /[^\p{White_Space}\p{P}!-/:-@[-`{-~]+|[\p{P}!-/:-@[-`{-~]/gu;

function isLonger(word: string, codePoints: number): boolean {
  return word.length > codePoints && Array.from(word).length > codePoints;
}
