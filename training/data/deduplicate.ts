/** Rows of an evaluation split that the model has not seen in training. */
import type { Example } from './dataset.js';

/** The examples whose text, white space and punctuation removed, does not also stand in train. */
export function withoutTrainDuplicates<T extends Example>(
  examples: readonly T[],
  train: readonly Example[],
): T[] {
  const seen = new Set(train.map(({ text }) => bare(text)));
  return examples.filter(({ text }) => !seen.has(bare(text)));
}

function bare(text: string): string {
  return text.replace(/[\p{P}\p{S}\p{Z}\p{C}]/gu, '');
}
