/** The student's tokenizer: a word segmenter and a vocabulary. */
import path from 'node:path';
import { z } from 'zod';
import { fileNameSchema, parseDescriptor, readTokenizerFile } from './descriptor.js';
import { normalizeText } from './normalize.js';
import { loadSegmenter, segmenterNames } from './segmenter.js';
import type { Piece, Tokenizer } from './tokenizer.js';
import { UNK, UNK_ID, Vocabulary } from './vocabulary.js';

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
  const piecesOf = wordPieces(vocabulary, { unknownWords, maxWords });
  const encodeWords = wordEncoder(vocabulary, { unknownWords, maxWords });
  return {
    vocabularySize: vocabulary.words.length,
    warnings:
      segmenter.version === segmenterVersion
        ? []
        : [
            `the model was trained on cuts of ${name} ${segmenterVersion}; version ${segmenter.version} is installed and may cut otherwise`,
          ],
    maskText: ' ',
    encode: (raw) => encodeWords(segmenter.cut(normalizeText(raw))),
    pieces: (raw) => piecesOf(segmenter.cut(normalizeText(raw))),
  };
}

interface WordRules {
  readonly unknownWords: UnknownWords;
  readonly maxWords: number;
}

/** Ids of words that are cut already: 1 to maxWords. */
export function wordEncoder(
  vocabulary: Vocabulary,
  { unknownWords, maxWords }: WordRules,
): (words: readonly string[]) => number[] {
  return (words) => {
    const ids: number[] = [];
    for (const word of words) {
      if (ids.length >= maxWords) break;
      const id = vocabulary.idOf(word);
      if (id !== UNK_ID || unknownWords === 'unk' || vocabulary.has(word)) ids.push(id);
      else for (const character of word) ids.push(vocabulary.idOf(character));
    }
    if (ids.length === 0) return [UNK_ID];
    return ids.length > maxWords ? ids.slice(0, maxWords) : ids;
  };
}

function wordPieces(
  vocabulary: Vocabulary,
  { unknownWords, maxWords }: WordRules,
): (words: readonly string[]) => Piece[] {
  const piece = (text: string) => ({ text, id: vocabulary.idOf(text) });
  const piecesOf = (word: string) =>
    unknownWords === 'unk' || vocabulary.has(word) || word === UNK ? [piece(word)] : Array.from(word, piece);
  return (words) => {
    const pieces = words.slice(0, maxWords).flatMap(piecesOf).slice(0, maxWords);
    return pieces.length === 0 ? [{ text: '', id: UNK_ID }] : pieces;
  };
}
