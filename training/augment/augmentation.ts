/** What an augmentation is; they are listed in augmentations.ts. */
import type { Random } from '../random.js';

/** A word, or null where it is masked: `[UNK]` to the student, the mask token to a teacher. */
export type Word = string | null;

/** Never gives an empty text for one that is not. */
export type Augmentation = (
  words: readonly Word[],
  rate: number,
  random: Random,
  lexicon: Lexicon,
) => readonly Word[];

/** Words that may stand for another. */
export interface Lexicon {
  /** Of the same part of speech, as often as the texts have it; the word itself where none is known. */
  alike(word: string, random: Random): string;
}
