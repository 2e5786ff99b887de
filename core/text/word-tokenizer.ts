/** The student's tokenizer: a word segmenter and a vocabulary. */
import path from 'node:path';
import { z } from 'zod';
import { fileNameSchema, parseDescriptor, readTokenizerFile } from './descriptor.js';
import { normalizeText } from './normalize.js';
import { loadSegmenter, segmenterNames } from './segmenter.js';
import type { Tokenizer } from './tokenizer.js';
import { UNK_ID, Vocabulary } from './vocabulary.js';

const wordTokenizerSchema = z.strictObject({
  kind: z.literal('words'),
  segmenter: z.enum(segmenterNames),
  /** Of the package that cut the training texts. */
  segmenterVersion: z.string(),
  vocabularyFile: fileNameSchema,
  maxWords: z.int().positive(),
});

/** @throws RetortError tokenizer_invalid, vocabulary_missing, vocabulary_malformed, segmenter_missing */
export async function openWordTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const {
    segmenter: name,
    segmenterVersion,
    vocabularyFile,
    maxWords,
  } = parseDescriptor(wordTokenizerSchema, descriptor);
  const file = path.join(folder, vocabularyFile);
  const vocabulary = Vocabulary.parse((await readTokenizerFile(file)).toString('utf8'), file);
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
