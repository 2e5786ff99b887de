/** The limits on what one request may ask for. */
import { fail } from '../../core/errors.js';
import type { Limits } from './context.js';

/** @throws RetortError too_many_texts, text_too_long */
export function checkTexts(texts: readonly string[], { textCharacters, textsPerRequest }: Limits): void {
  if (texts.length > textsPerRequest)
    throw fail('too_many_texts', { texts: texts.length, limit: textsPerRequest });
  texts.forEach(({ length }, index) => {
    if (length > textCharacters)
      throw fail('text_too_long', { index, characters: length, limit: textCharacters });
  });
}
