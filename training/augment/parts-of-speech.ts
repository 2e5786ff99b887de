/** A lexicon of the texts' own words by their part of speech, as the segmenter tags them. */
import { normalizeText } from '../../core/text/normalize.js';
import type { Segmenter } from '../../core/text/segmenter.js';
import type { Lexicon } from './augmentation.js';

export function lexiconOf(texts: Iterable<string>, segmenter: Segmenter): Lexicon {
  /** Each word as often as it occurs, so that a uniform draw follows the counts. */
  const byTag = new Map<string, string[]>();
  const tags = new Map<string, string>();
  for (const text of texts) {
    for (const { word, tag } of segmenter.tag(normalizeText(text))) {
      // A word has the part of speech that it is first met with.
      const known = tags.get(word) ?? tag;
      tags.set(word, known);
      const words = byTag.get(known);
      if (words === undefined) byTag.set(known, [word]);
      else words.push(word);
    }
  }
  return {
    alike(word, random) {
      const words = byTag.get(tags.get(word) ?? '');
      return words?.[random.below(words.length)] ?? word;
    },
  };
}
