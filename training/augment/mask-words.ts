/** Masks each word with the given probability: Tang et al., 2019 (arXiv:1903.12136), section 3.3. */
import type { Augmentation } from './augmentation.js';

export const maskWords: Augmentation = (words, rate, random) =>
  words.map((word) => (random.uniform() < rate ? null : word));
