/** The student's tokenizer: a word segmenter and a vocabulary. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';
import { normalizeText } from './normalize.js';
import { loadSegmenter, segmenterNames } from './segmenter.js';
import type { Tokenizer } from './tokenizer.js';
import { UNK_ID, Vocabulary } from './vocabulary.js';

const wordTokenizerSchema = z.strictObject({
  kind: z.literal('words'),
  segmenter: z.enum(segmenterNames),
  /** Of the package that cut the training texts. */
  segmenterVersion: z.string(),
  vocabularyFile: z.string().regex(/^[\w][\w.-]*$/),
  maxWords: z.int().positive(),
});

/** @throws RetortError tokenizer_invalid, vocabulary_missing, vocabulary_malformed, segmenter_missing */
export async function openWordTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const parsed = wordTokenizerSchema.safeParse(descriptor);
  if (!parsed.success) throw fail('tokenizer_invalid', { reason: z.prettifyError(parsed.error) });
  const { segmenter: name, segmenterVersion, vocabularyFile, maxWords } = parsed.data;
  const file = path.join(folder, vocabularyFile);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fail('vocabulary_missing', { path: file }, error);
  });
  const vocabulary = Vocabulary.parse(text, file);
  const segmenter = await loadSegmenter(name);
  return {
    vocabularySize: vocabulary.words.length,
    warnings:
      segmenter.version === segmenterVersion
        ? []
        : [
            `the model was trained on cuts of ${name} ${segmenterVersion}; version ${segmenter.version} is installed and may cut otherwise`,
          ],
    encode(raw) {
      const ids = segmenter
        .cut(normalizeText(raw))
        .slice(0, maxWords)
        .map((word) => vocabulary.idOf(word));
      return ids.length === 0 ? [UNK_ID] : ids;
    },
  };
}
