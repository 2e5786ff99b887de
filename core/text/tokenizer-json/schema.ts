/** `tokenizer.json`, the file of the Hugging Face tokenizers library, as far as WordPiece and Unigram need it. */
import { z } from 'zod';

const idSchema = z
  .int()
  .min(0)
  .max(1 << 24);

const addedTokenSchema = z.looseObject({
  id: idSchema,
  content: z.string().min(1),
  single_word: z.boolean().default(false),
  /** Matched in the normalised text rather than in the raw one. */
  normalized: z.boolean().default(false),
});

const wordPieceSchema = z.looseObject({
  type: z.literal('WordPiece'),
  unk_token: z.string(),
  continuing_subword_prefix: z.string().default('##'),
  max_input_chars_per_word: z.int().positive().default(100),
  vocab: z.record(z.string(), idSchema),
});

const unigramSchema = z.looseObject({
  type: z.literal('Unigram'),
  unk_id: idSchema,
  byte_fallback: z.boolean().default(false),
  vocab: z.array(z.tuple([z.string(), z.number()])).min(1),
});

export const tokenizerJsonSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: z.looseObject({ type: z.string() }).nullable().default(null),
  pre_tokenizer: z.looseObject({ type: z.string() }).nullable().default(null),
  post_processor: z.unknown(),
  model: z.discriminatedUnion('type', [wordPieceSchema, unigramSchema]),
});

export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;
export type WordPieceModel = z.infer<typeof wordPieceSchema>;
