/** Puts another word of the same part of speech for each, with the given probability: Tang et al., 2019, section 3.3. */
import type { Augmentation } from './augmentation.js';

export const swapWords: Augmentation = (words, rate, random, lexicon) =>
  words.map((word) => (word !== null && random.uniform() < rate ? lexicon.alike(word, random) : word));
