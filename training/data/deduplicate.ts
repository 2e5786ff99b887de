/** Rows of an evaluation split that the model has not seen in training. */
import type { Example } from './dataset.js';

/**
 * The examples whose text does not also stand in train. White space, punctuation and symbols do not count, so texts of
 * these alone are all the same.
 */
export function withoutTrainDuplicates<T extends Example>(
  examples: readonly T[],
  train: readonly Example[],
): T[] {
  return examples.filter(notIn(train));
}

/** The same, of one example after another. */
export function notIn(train: readonly Example[]): (example: Example) => boolean {
  if (train.length === 0) return () => true;
  const seen = new Set(train.map(({ text }) => bare(text)));
  return ({ text }) => !seen.has(bare(text));
}

function bare(text: string): string {
  return text.replace(/[\p{P}\p{S}\p{Z}\p{C}]/gu, '');
}
