/** The student's tokenizer: a word segmenter and a vocabulary. */
import path from 'node:path';
import { z } from 'zod';
import { fileNameSchema, parseDescriptor, readTokenizerFile } from './descriptor.js';
import { normalizeText } from './normalize.js';
import { loadSegmenter, segmenterNames } from './segmenter.js';
import type { Tokenizer } from './tokenizer.js';
import { UNK, Vocabulary } from './vocabulary.js';

const wordTokenizerSchema = z.strictObject({
  kind: z.literal('words'),
  segmenter: z.enum(segmenterNames),
  /** Of the package that cut the training texts. */
  segmenterVersion: z.string(),
  vocabularyFile: fileNameSchema,
  maxWords: z.int().positive(),
  /** What becomes of a word that the vocabulary lacks: `[UNK]`, or its characters. */
  unknownWords: z.enum(['unk', 'characters']).default('unk'),
});

export type UnknownWords = z.infer<typeof wordTokenizerSchema>['unknownWords'];

/** @throws RetortError tokenizer_invalid, vocabulary_missing, vocabulary_malformed, segmenter_missing */
export async function openWordTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const {
    segmenter: name,
    segmenterVersion,
    vocabularyFile,
    maxWords,
    unknownWords,
  } = parseDescriptor(wordTokenizerSchema, descriptor);
  const file = path.join(folder, vocabularyFile);
  const vocabulary = Vocabulary.parse((await readTokenizerFile(file)).toString('utf8'), file);
  const segmenter = await loadSegmenter(name);
  const spell = wordSpeller(vocabulary, { unknownWords, maxWords });
  const wordsOf = (raw: string) => spell(segmenter.cut(normalizeText(raw)));
  return {
    vocabularySize: vocabulary.words.length,
    warnings:
      segmenter.version === segmenterVersion
        ? []
        : [
            `the model was trained on cuts of ${name} ${segmenterVersion}; version ${segmenter.version} is installed and may cut otherwise`,
          ],
    maskText: ' ',
    encode: (raw) => wordsOf(raw).map((text) => vocabulary.idOf(text)),
    pieces: (raw) => wordsOf(raw).map((text) => ({ text, id: vocabulary.idOf(text) })),
  };
}

interface WordRules {
  readonly unknownWords: UnknownWords;
  readonly maxWords: number;
}

/** Ids of words that are cut already: 1 to maxWords. */
export function wordEncoder(
  vocabulary: Vocabulary,
  rules: WordRules,
): (words: readonly string[]) => number[] {
  const spell = wordSpeller(vocabulary, rules);
  return (words) => spell(words).map((text) => vocabulary.idOf(text));
}

/** What stands for words that are cut already, each with one id: 1 to maxWords, of which nothing stands for no word. */
function wordSpeller(
  vocabulary: Vocabulary,
  { unknownWords, maxWords }: WordRules,
): (words: readonly string[]) => string[] {
  const isWhole = (word: string) => unknownWords === 'unk' || vocabulary.has(word) || word === UNK;
  return (words) => {
    const texts: string[] = [];
    for (const word of words) {
      if (texts.length >= maxWords) break;
      for (const text of isWhole(word) ? [word] : word) {
        if (texts.length >= maxWords) break;
        texts.push(text);
      }
    }
    return texts.length === 0 ? [''] : texts;
  };
}
