import type { Manifest } from './manifest.js';

/** Of a tokenizer that does not name one. */
const longestByDefault = 512;

/** The most ids that the bundle's tokenizer makes of a text. */
export function longestRow({ tokenizer }: Manifest): number {
  const named = tokenizer.maxWords ?? tokenizer.maxTokens;
  return typeof named === 'number' && named > 0 ? named : longestByDefault;
}
