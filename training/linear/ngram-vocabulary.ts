/** The n-grams that a linear model knows: those that enough texts hold. */
import { ngramsOf } from '../../core/text/char-ngrams.js';

export interface NgramVocabulary {
  readonly ngrams: readonly string[];
  /** How many texts hold each. */
  readonly documents: readonly number[];
}

/** Counts size by size: an n-gram can be held by enough texts only if what it begins with is. */
export function buildNgramVocabulary(
  texts: readonly (readonly string[])[],
  { longest, minDocuments }: { readonly longest: number; readonly minDocuments: number },
): NgramVocabulary {
  const kept = new Map<string, number>();
  for (let size = 1; size <= longest; size += 1) {
    const counts = new Map<string, number>();
    for (const characters of texts) {
      for (const ngram of new Set(ngramsOf(characters, size))) {
        const beginning = ngram.slice(0, ngram.length - lastCharacterOf(ngram).length);
        if (size === 1 || kept.has(beginning)) counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
      }
    }
    for (const [ngram, count] of counts) if (count >= minDocuments) kept.set(ngram, count);
  }
  return { ngrams: [...kept.keys()], documents: [...kept.values()] };
}

function lastCharacterOf(text: string): string {
  const code = text.charCodeAt(text.length - 1);
  return code >= 0xdc00 && code <= 0xdfff ? text.slice(-2) : text.slice(-1);
}
