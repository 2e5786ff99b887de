/** A tokenizer.json with a WordPiece model, as BERT has it: its added tokens are found in the text before it is cut. */
import { WordPiece } from '../wordpiece/model.js';
import { normalizeBert } from '../wordpiece/normalizer.js';
import { z } from 'zod';
import { tokenFinder } from '../added-tokens.js';
import type { TokenizerJson, WordPieceModel } from './schema.js';

/**
 * @returns the ids of a text's pieces, at most `limit`
 * @throws ZodError where the normaliser or the pre-tokenizer is not BERT's, Error where the unknown token has no id
 */
export function wordPieceEncoder(
  { added_tokens: added, normalizer, pre_tokenizer: preTokenizer }: TokenizerJson,
  model: WordPieceModel,
): (text: string, limit: number) => number[] {
  z.looseObject({ type: z.literal('BertPreTokenizer') }).parse(preTokenizer);
  const normalize = bertNormalizer(normalizer);
  const unknownId = model.vocab[model.unk_token];
  if (unknownId === undefined) throw new Error(`its vocabulary has no ${model.unk_token}`);
  const pieces = new WordPiece(new Map(Object.entries(model.vocab)), {
    unknownId,
    continuingPrefix: model.continuing_subword_prefix,
    maxCharactersPerWord: model.max_input_chars_per_word,
  });
  const raw = tokenFinder(added.filter((token) => !token.normalized));
  const normal = tokenFinder(
    added
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: normalize(token.content) })),
  );
  return (text, limit) => {
    const ids: number[] = [];
    for (const part of raw(text)) {
      if (ids.length >= limit) break;
      if (typeof part === 'number') ids.push(part);
      else {
        for (const inner of normal(normalize(part))) {
          ids.push(...(typeof inner === 'number' ? [inner] : pieces.encode(inner, limit)));
        }
      }
    }
    return ids.slice(0, limit);
  };
}

const bertNormalizerSchema = z.looseObject({
  type: z.literal('BertNormalizer'),
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullable().default(null),
  lowercase: z.boolean().default(true),
});

function bertNormalizer(normalizer: unknown): (text: string) => string {
  if (normalizer === null) return (text) => text;
  const parsed = bertNormalizerSchema.parse(normalizer);
  const options = {
    lowerCase: parsed.lowercase,
    stripAccents: parsed.strip_accents,
    chineseCharacters: parsed.handle_chinese_chars,
    cleanText: parsed.clean_text,
  };
  return (text) => normalizeBert(text, options);
}
