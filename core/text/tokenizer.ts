/** Tokenizers: text in, ids out. A manifest's `tokenizer` entry says which kind; kinds are listed here. */
import { z } from 'zod';
import { fail } from '../errors.js';
import { openWordTokenizer } from './word-tokenizer.js';

export interface Tokenizer {
  /** The number of ids there are. */
  readonly vocabularySize: number;
  /** What a user should know about how this installation differs from the one that trained the model. */
  readonly warnings: readonly string[];
  /** 1 to the model's maximum ids, each in [0, vocabularySize); an empty text gives `[UNK]` alone. */
  encode(text: string): number[];
}

type OpenTokenizer = (descriptor: unknown, folder: string) => Promise<Tokenizer>;

const tokenizers: Readonly<Record<string, OpenTokenizer>> = { words: openWordTokenizer };

/**
 * @param folder where the descriptor's files are
 * @throws RetortError tokenizer_unknown, and the kind's own
 */
export async function loadTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const { data } = z.looseObject({ kind: z.string() }).safeParse(descriptor);
  const open = tokenizers[data?.kind ?? ''];
  if (open === undefined) throw fail('tokenizer_unknown', { kind: data?.kind ?? 'without a kind', known: Object.keys(tokenizers).join(', ') });
  return open(descriptor, folder);
}
