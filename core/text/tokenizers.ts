/** The tokenizers there are: a manifest's `tokenizer` entry says which kind it wants. */
import { z } from 'zod';
import { fail } from '../errors.js';
import { openCharNgrams } from './char-ngrams.js';
import { openSentencePieceTokenizer } from './sentencepiece/tokenizer.js';
import type { Tokenizer } from './tokenizer.js';
import { openTokenizerJson } from './tokenizer-json/tokenizer.js';
import { openWordTokenizer } from './word-tokenizer.js';
import { openWordPieceTokenizer } from './wordpiece/tokenizer.js';

type OpenTokenizer = (descriptor: unknown, folder: string) => Promise<Tokenizer>;

const tokenizers: ReadonlyMap<string, OpenTokenizer> = new Map([
  ['words', openWordTokenizer],
  ['wordpiece', openWordPieceTokenizer],
  ['tokenizer-json', openTokenizerJson],
  ['sentencepiece', openSentencePieceTokenizer],
  ['char-ngrams', openCharNgrams],
]);

/**
 * @param folder where the descriptor's files are
 * @throws RetortError tokenizer_unknown, and the kind's own
 */
export async function loadTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const { data } = z.looseObject({ kind: z.string() }).safeParse(descriptor);
  const open = tokenizers.get(data?.kind ?? '');
  if (open === undefined) {
    throw fail('tokenizer_unknown', {
      kind: data?.kind ?? 'without a kind',
      known: [...tokenizers.keys()].join(', '),
    });
  }
  return open(descriptor, folder);
}
