/** Character n-grams of a text, and the tokenizer that knows some of them. */
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';
import { fileNameSchema, parseDescriptor, readTokenizerFile } from './descriptor.js';
import { normalizeText } from './normalize.js';
import type { Tokenizer } from './tokenizer.js';

const charNgramsSchema = z.strictObject({
  kind: z.literal('char-ngrams'),
  vocabularyFile: fileNameSchema,
  /** Characters of the longest n-gram. */
  longest: z.int().min(1).max(16),
  /** Of a text that are read. */
  maxCharacters: z.int().positive(),
});

/** The id of none: what a text without a known n-gram becomes. */
export const NONE_ID = 0;

/** A text's characters (code points), as n-grams are made of them; white space counts as one space a run. */
export function charactersOf(text: string, maxCharacters: number): string[] {
  return Array.from(normalizeText(text).replace(/\s+/gu, ' ')).slice(0, maxCharacters);
}

/** The n-grams of `size` characters, in order, repeated as they are. */
export function* ngramsOf(characters: readonly string[], size: number): Generator<string> {
  for (let start = 0; start + size <= characters.length; start += 1)
    yield characters.slice(start, start + size).join('');
}

/** One n-gram a line; ids count from 1 in their order. */
export function serializeNgrams(ngrams: readonly string[]): string {
  return ngrams.map((ngram) => `${ngram}\n`).join('');
}

/**
 * Gives the id of every known n-gram that a text holds, each once.
 * @throws RetortError tokenizer_invalid, vocabulary_missing, vocabulary_malformed
 */
export async function openCharNgrams(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const { vocabularyFile, longest, maxCharacters } = parseDescriptor(charNgramsSchema, descriptor);
  const file = path.join(folder, vocabularyFile);
  const lines = (await readTokenizerFile(file)).toString('utf8').split('\n').slice(0, -1);
  const ids = new Map(lines.map((ngram, index) => [ngram, index + 1]));
  if (ids.size !== lines.length)
    throw fail('vocabulary_malformed', {
      path: file,
      line: firstRepeated(lines),
      reason: 'it stands there already',
    });
  return {
    vocabularySize: lines.length + 1,
    warnings: [],
    maskText: ' ',
    encode(text) {
      const characters = charactersOf(text, maxCharacters);
      const found = new Set<number>();
      for (let size = 1; size <= longest; size += 1) {
        for (const ngram of ngramsOf(characters, size)) {
          const id = ids.get(ngram);
          if (id !== undefined) found.add(id);
        }
      }
      return found.size === 0 ? [NONE_ID] : [...found];
    },
  };
}

function firstRepeated(lines: readonly string[]): number {
  const seen = new Set<string>();
  return lines.findIndex((line) => seen.size === seen.add(line).size) + 1;
}
