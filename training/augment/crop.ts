/** With the given probability, keeps a run of words, at least half of them. */
import type { Augmentation } from './augmentation.js';

export const crop: Augmentation = (words, rate, random) => {
  if (words.length < 2 || random.uniform() >= rate) return words;
  const least = Math.ceil(words.length / 2);
  const length = least + random.below(words.length - least + 1);
  const start = random.below(words.length - length + 1);
  return words.slice(start, start + length);
};
