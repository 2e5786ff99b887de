/** A word vocabulary: `[PAD]` 0, `[UNK]` 1, then words from frequent to rare. */
import { fail } from '../errors.js';

export const PAD = '[PAD]';
export const UNK = '[UNK]';
export const PAD_ID = 0;
export const UNK_ID = 1;

export interface VocabularyOptions {
  /** Words that occur fewer times are left out. */
  readonly minCount?: number;
  /** Count the characters of words that are left out as words: what stands for such a word in a text. */
  readonly characters?: boolean;
  /** The most words to keep, `[PAD]` and `[UNK]` counted. */
  readonly maxSize?: number;
}

export class Vocabulary {
  readonly words: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  private constructor(words: readonly string[]) {
    this.words = words;
    this.#ids = new Map(words.map((word, id) => [word, id]));
  }

  /**
   * By falling count; words of equal count in the order in which they first occur. What a line of UTF-8 cannot hold
   * (nothing, a line break, a lone surrogate) is no word.
   */
  static build(
    texts: Iterable<readonly string[]>,
    { minCount = 1, characters = false, maxSize = Infinity }: VocabularyOptions = {},
  ): Vocabulary {
    const counts = new Map<string, number>();
    for (const words of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    counts.delete(PAD);
    counts.delete(UNK);
    if (characters) {
      for (const [word, count] of [...counts]) {
        const split = Array.from(word);
        if (count >= minCount || split.length === 1) continue;
        counts.delete(word);
        for (const one of split) counts.set(one, (counts.get(one) ?? 0) + count);
      }
    }
    const kept = [...counts]
      .filter(([word, count]) => count >= minCount && fitsLine(word))
      .sort(([, a], [, b]) => b - a);
    return new Vocabulary([PAD, UNK, ...kept.map(([word]) => word)].slice(0, maxSize));
  }

  /**
   * From the text that `serialize` gives: a word a line. `path` only names the file in errors.
   * @throws RetortError vocabulary_malformed
   */
  static parse(text: string, path: string): Vocabulary {
    const words = text.replace(/\n$/, '').split('\n');
    const refuse = (line: number, reason: string) => fail('vocabulary_malformed', { path, line, reason });
    if (words[PAD_ID] !== PAD) throw refuse(1, `it must be ${PAD}`);
    if (words[UNK_ID] !== UNK) throw refuse(2, `it must be ${UNK}`);
    const seen = new Set<string>();
    words.forEach((word, index) => {
      if (word === '') throw refuse(index + 1, 'it is empty');
      if (seen.has(word)) throw refuse(index + 1, `the word ${word} stands twice`);
      seen.add(word);
    });
    return new Vocabulary(words);
  }

  /** The word's id; `[UNK]`'s for a word that is not in the vocabulary. `[PAD]` as a word of a text is unknown. */
  idOf(word: string): number {
    const id = this.#ids.get(word);
    return id === undefined || id === PAD_ID ? UNK_ID : id;
  }

  has(word: string): boolean {
    return this.#ids.has(word);
  }

  serialize(): string {
    return `${this.words.join('\n')}\n`;
  }
}

function fitsLine(word: string): boolean {
  return word !== '' && !word.includes('\n') && word.isWellFormed();
}
