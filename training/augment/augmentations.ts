/** Augmentation: a text's words, changed at random. Adding one is a file and a line in `augmentations`. */
import type { Random } from '../random.js';
import type { Augmentation, Lexicon, Word } from './augmentation.js';
import { crop } from './crop.js';
import { swapWords } from './swap-words.js';
import { maskWords } from './mask-words.js';
import { keepNgram } from './ngram.js';

/** In the order in which they are applied; the rates are those of the published recipe, or 0 where it has none. */
export const augmentations = [
  {
    name: 'swap',
    rate: 0,
    apply: swapWords,
    does: 'share of words put for others of the same part of speech',
  },
  { name: 'mask', rate: 0.1, apply: maskWords, does: 'share of words masked' },
  { name: 'ngram', rate: 0.25, apply: keepNgram, does: 'probability to keep 2 to 10 words alone' },
  { name: 'crop', rate: 0, apply: crop, does: 'probability to keep a half to the whole of the words' },
] as const satisfies readonly {
  readonly name: string;
  readonly rate: number;
  readonly apply: Augmentation;
  readonly does: string;
}[];

export type AugmentationSettings = Readonly<Record<(typeof augmentations)[number]['name'], number>>;

export function augment(
  words: readonly string[],
  rates: AugmentationSettings,
  random: Random,
  lexicon: Lexicon,
): readonly Word[] {
  return augmentations.reduce<readonly Word[]>(
    (changed, { name, apply }) => apply(changed, rates[name], random, lexicon),
    words,
  );
}
