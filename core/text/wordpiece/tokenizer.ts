/** The tokenizer of BERT and ERNIE teachers: BERT's normaliser, then WordPiece over a `vocab.txt`. */
import path from 'node:path';
import { z } from 'zod';
import { fileNameSchema, maxTokensSchema, parseDescriptor, readTokenizerFile } from '../descriptor.js';
import { tokenFinder } from '../added-tokens.js';
import { readable, surround } from '../special-tokens.js';
import type { Tokenizer } from '../tokenizer.js';
import { WordPiece } from './model.js';
import { normalizeBert } from './normalizer.js';
import { maskToken, parseVocabularyFile, requiredId, specialTokenNames } from './vocabulary.js';

export const wordPieceSchema = z.strictObject({
  kind: z.literal('wordpiece'),
  vocabularyFile: fileNameSchema,
  maxTokens: maxTokensSchema,
  lowerCase: z.boolean().default(true),
  /** null: as `lowerCase` says. */
  stripAccents: z.boolean().nullable().default(null),
  chineseCharacters: z.boolean().default(true),
  /** Whether a text may name `[MASK]` and its like, as it may to BERT's own tokenizer. */
  specialTokens: z.boolean().default(false),
});

/**
 * `[CLS]`, the text's pieces, `[SEP]`. `[MASK]` and its like in a text are tokens where the descriptor says so, or else
 * words as others are.
 * @throws RetortError tokenizer_invalid, vocabulary_missing, vocabulary_malformed, vocabulary_incomplete
 */
export async function openWordPieceTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const { vocabularyFile, maxTokens, specialTokens, ...options } = parseDescriptor(
    wordPieceSchema,
    descriptor,
  );
  const file = path.join(folder, vocabularyFile);
  const { ids, size } = parseVocabularyFile((await readTokenizerFile(file)).toString('utf8'), file);
  const model = new WordPiece(ids, {
    unknownId: requiredId(ids, '[UNK]', file),
    continuingPrefix: '##',
    maxCharactersPerWord: 100,
  });
  const special = {
    prefix: [requiredId(ids, '[CLS]', file)],
    suffix: [requiredId(ids, '[SEP]', file)],
  };
  const named = [...ids].filter(([token]) => specialTokens && specialTokenNames.has(token));
  const find = tokenFinder(named.map(([content, id]) => ({ content, id })));
  const encodePart = (part: string | number) =>
    typeof part === 'number'
      ? [part]
      : model.encode(normalizeBert(part, { ...options, cleanText: true }), maxTokens);
  return {
    vocabularySize: size,
    warnings: [],
    maskText: named.some(([token]) => token === maskToken) ? maskToken : ' ',
    encode: (text) => surround(find(readable(text, maxTokens)).flatMap(encodePart), special, maxTokens),
  };
}
