/** The tokenizer of a checkpoint with a tokenizer.json: WordPiece or Unigram. */
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../../errors.js';
import { reasonOf } from '../../reason-of.js';
import { fileNameSchema, maxTokensSchema, parseDescriptor, readTokenizerFile } from '../descriptor.js';
import { Unigram } from '../sentencepiece/unigram.js';
import { readable, type SpecialTokens, surround } from '../special-tokens.js';
import type { Tokenizer } from '../tokenizer.js';
import { specialTokensOf } from './post-processor.js';
import { type TokenizerJson, tokenizerJsonSchema } from './schema.js';
import { wordPieceEncoder } from './word-piece.js';

const tokenizerJsonDescriptorSchema = z.strictObject({
  kind: z.literal('tokenizer-json'),
  file: fileNameSchema,
  maxTokens: maxTokensSchema,
});

/**
 * The special tokens of its post-processor around the text's pieces. Added tokens such as `<mask>` in a text become
 * their ids, as in the library that the file comes from.
 * @throws RetortError tokenizer_invalid, tokenizer_missing, tokenizer_malformed
 */
export async function openTokenizerJson(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const { file, maxTokens } = parseDescriptor(tokenizerJsonDescriptorSchema, descriptor);
  const whole = path.join(folder, file);
  const text = (await readTokenizerFile(whole, 'tokenizer_missing')).toString('utf8');
  try {
    return build(tokenizerJsonSchema.parse(JSON.parse(text)), maxTokens);
  } catch (error) {
    throw fail('tokenizer_malformed', { path: whole, reason: whatIsWrong(error) }, error);
  }
}

function build(json: TokenizerJson, maxTokens: number): Tokenizer {
  const special = specialTokensOf(json.post_processor);
  const vocabularySize = sizeOf(json, special);
  const around = special.prefix.length + special.suffix.length;
  if (around === 0) throw new Error('it adds no special tokens, so an empty text would have no ids');
  if (around > maxTokens) throw new Error(`its special tokens alone are ${around}, more than ${maxTokens}`);
  const encode = encoderOf(json);
  return {
    vocabularySize,
    warnings: [],
    maskText: json.added_tokens.find(({ content }) => maskTokens.includes(content))?.content ?? ' ',
    encode: (text) => surround(encode(readable(text, maxTokens), maxTokens), special, maxTokens),
  };
}

/** Of BERT and RoBERTa. */
const maskTokens = ['[MASK]', '<mask>'];

function encoderOf(json: TokenizerJson): (text: string, limit: number) => number[] {
  const { model } = json;
  if (model.type === 'WordPiece') return wordPieceEncoder(json, model);
  const unigram = new Unigram({ ...json, model });
  // A part that the library takes and cannot run shows itself here.
  unigram.encode('a 好');
  return (text) => unigram.encode(text);
}

/** One more than the highest id; every token has one id, and every id one token. */
function sizeOf({ model, added_tokens: added }: TokenizerJson, special: SpecialTokens): number {
  const tokens = new Map<number, string>(
    model.type === 'Unigram'
      ? model.vocab.map(([piece], id) => [id, piece])
      : Object.entries(model.vocab).map(([piece, id]) => [id, piece]),
  );
  const entries = model.type === 'Unigram' ? model.vocab.length : Object.keys(model.vocab).length;
  if (tokens.size < entries) throw new Error('two tokens of its vocabulary have the same id');
  const contents = new Set<string>();
  for (const { id, content } of added) {
    if ((tokens.get(id) ?? content) !== content) {
      throw new Error(`its added token ${content} has the id of ${tokens.get(id) ?? ''}`);
    }
    if (contents.has(content)) throw new Error(`its added token ${content} stands twice`);
    contents.add(content);
    tokens.set(id, content);
  }
  for (const id of [
    ...special.prefix,
    ...special.suffix,
    ...(model.type === 'Unigram' ? [model.unk_id] : []),
  ]) {
    if (!tokens.has(id)) throw new Error(`its special token ${id} is not in its vocabulary`);
  }
  let highest = 0;
  for (const id of tokens.keys()) highest = Math.max(highest, id);
  return highest + 1;
}

function whatIsWrong(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return reasonOf(error);
}
