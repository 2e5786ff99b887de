/** The tokenizers there are: a manifest's `tokenizer` entry says which kind it wants. */
import { z } from 'zod';
import { fail } from '../errors.js';
import type { Tokenizer } from './tokenizer.js';

type OpenTokenizer = (descriptor: unknown, folder: string) => Promise<Tokenizer>;

/** Only the kind that is asked for is loaded: a worker is up the sooner. */
const tokenizers = new Map<string, () => Promise<OpenTokenizer>>([
  ['words', async () => (await import('./word-tokenizer.js')).openWordTokenizer],
  ['wordpiece', async () => (await import('./wordpiece/tokenizer.js')).openWordPieceTokenizer],
  ['tokenizer-json', async () => (await import('./tokenizer-json/tokenizer.js')).openTokenizerJson],
  ['sentencepiece', async () => (await import('./sentencepiece/tokenizer.js')).openSentencePieceTokenizer],
  ['char-ngrams', async () => (await import('./char-ngrams.js')).openCharNgrams],
]);

/**
 * @param folder where the descriptor's files are
 * @throws RetortError tokenizer_unknown, and the kind's own
 */
export async function loadTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const { data } = z.looseObject({ kind: z.string() }).safeParse(descriptor);
  const kind = tokenizers.get(data?.kind ?? '');
  if (kind === undefined) {
    throw fail('tokenizer_unknown', {
      kind: data?.kind ?? 'without a kind',
      known: [...tokenizers.keys()].join(', '),
    });
  }
  const open = await kind();
  return open(descriptor, folder);
}
