/** With the given probability, keeps one n-gram of the words, n in 2 to 10: Tang et al., 2019, section 3.3. */
import type { Augmentation } from './augmentation.js';

const [shortest, longest] = [2, 10];

export const keepNgram: Augmentation = (words, rate, random) => {
  if (words.length <= shortest || random.uniform() >= rate) return words;
  const length = Math.min(shortest + random.below(longest - shortest + 1), words.length);
  const start = random.below(words.length - length + 1);
  return words.slice(start, start + length);
};
