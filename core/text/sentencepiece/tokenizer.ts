/**
 * A tokenizer of a SentencePiece model, its ids those of a vocab.txt where there is one. With `words` it is
 * ERNIE-Tiny's, as PaddleNLP's ErnieTinyTokenizer has it: the text is cut into words, which become lower case and go to
 * SentencePiece with blanks between. Tests hold the ids to SentencePiece's own, of small models and dictionaries.
 */
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../../errors.js';
import { reasonOf } from '../../reason-of.js';
import { fileNameSchema, maxTokensSchema, parseDescriptor, readTokenizerFile } from '../descriptor.js';
import { normalizeText } from '../normalize.js';
import { loadSegmenter, segmenterNames } from '../segmenter.js';
import { readable, surround } from '../special-tokens.js';
import type { Tokenizer } from '../tokenizer.js';
import { parseVocabularyFile, requiredId } from '../wordpiece/vocabulary.js';
import { Charsmap } from './charsmap.js';
import { parseSentencePieceModel, type Piece, pieceTypes } from './model-file.js';
import { readPickledWords } from './pickled-words.js';
import { bytePiece, Unigram } from './unigram.js';
import { cutByDictionary } from './words.js';

const sentencePieceSchema = z.strictObject({
  kind: z.literal('sentencepiece'),
  modelFile: fileNameSchema,
  /** null: a piece's id is its place in the model. */
  vocabularyFile: fileNameSchema.nullable().default(null),
  maxTokens: maxTokensSchema,
  lowerCase: z.boolean().default(false),
  /**
   * null: the text goes to SentencePiece as it is. A segmenter cuts otherwise than the dictionary that ERNIE-Tiny was
   * trained with, and the answers differ somewhat.
   */
  words: z
    .union([
      z.strictObject({ dictionaryFile: fileNameSchema }),
      z.strictObject({ segmenter: z.enum(segmenterNames) }),
    ])
    .nullable()
    .default(null),
});

type Words = z.infer<typeof sentencePieceSchema>['words'];

/**
 * @throws RetortError tokenizer_invalid, tokenizer_missing, tokenizer_malformed, vocabulary_missing,
 * vocabulary_malformed, vocabulary_incomplete, segmenter_missing
 */
export async function openSentencePieceTokenizer(descriptor: unknown, folder: string): Promise<Tokenizer> {
  const { modelFile, vocabularyFile, maxTokens, lowerCase, words } = parseDescriptor(
    sentencePieceSchema,
    descriptor,
  );
  const file = path.join(folder, modelFile);
  const { piecesOf, ids: ownIds, size: ownSize } = await openModel(file);
  const vocabularyPath = vocabularyFile === null ? file : path.join(folder, vocabularyFile);
  const { ids, size } =
    vocabularyFile === null
      ? { ids: ownIds, size: ownSize }
      : parseVocabularyFile((await readTokenizerFile(vocabularyPath)).toString('utf8'), vocabularyPath);
  const idOf = (token: string, other: string) => ids.get(token) ?? requiredId(ids, other, vocabularyPath);
  const special = { prefix: [idOf('[CLS]', '<s>')], suffix: [idOf('[SEP]', '</s>')] };
  const unknownId = idOf('[UNK]', '<unk>');
  const cut = await openCutter(words, folder);
  return {
    vocabularySize: size,
    warnings:
      words !== null && 'segmenter' in words
        ? [
            `words are cut by ${words.segmenter} rather than by the dictionary that the teacher was trained with`,
          ]
        : [],
    maskText: ' ',
    encode(text) {
      const whole = cut(readable(text, maxTokens));
      const pieces = piecesOf(lowerCase ? whole.toLowerCase() : whole);
      return surround(
        pieces.slice(0, maxTokens).map((piece) => ids.get(piece) ?? unknownId),
        special,
        maxTokens,
      );
    },
  };
}

interface OpenModel {
  readonly piecesOf: (text: string) => string[];
  readonly ids: ReadonlyMap<string, number>;
  readonly size: number;
}

async function openModel(file: string): Promise<OpenModel> {
  const bytes = await readTokenizerFile(file, 'tokenizer_missing');
  return orMalformed(file, () => {
    const model = parseSentencePieceModel(bytes);
    const unigram = unigramOf(model.pieces);
    const cut = (text: string) => {
      const pieces = unigram.pieces(text);
      return model.byteFallback
        ? pieces.flatMap((piece) => (unigram.has(piece) ? piece : bytesOf(piece)))
        : pieces;
    };
    const charsmap = model.charsmap.length === 0 ? null : new Charsmap(model.charsmap);
    return {
      piecesOf(text) {
        let normal = charsmap?.normalize(text) ?? text;
        if (model.removeExtraWhitespaces) normal = normal.replace(/ +/g, ' ').replace(/^ |[ \u2581]+$/g, '');
        if (normal === '') return [];
        return cut((model.addDummyPrefix ? ` ${normal}` : normal).replaceAll(' ', '\u2581'));
      },
      ids: new Map(model.pieces.map(({ text }, id) => [text, id])),
      size: model.pieces.length,
    };
  });
}

/** The pieces of a text's bytes. */
function bytesOf(text: string): string[] {
  return Array.from(Buffer.from(text, 'utf8'), bytePiece);
}

/** Control pieces such as `<s>` are left out, and the unknown one has no letters: a text cannot contain them. */
function unigramOf(pieces: readonly Piece[]): Unigram {
  const vocab = pieces.flatMap(({ text, score, type }): [string, number][] => {
    if (type === pieceTypes.normal) return [[text, score]];
    // As SentencePiece 0.2.3 scores them, so that they win over usual splits.
    return type === pieceTypes.userDefined ? [[text, (Buffer.byteLength(text) - 1) / 10]] : [];
  });
  return new Unigram({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    model: { type: 'Unigram', vocab: [['', 0], ...vocab], unk_id: 0, byte_fallback: false },
  });
}

async function openCutter(words: Words, folder: string): Promise<(text: string) => string> {
  if (words === null) return (text) => text;
  if ('segmenter' in words) {
    const segmenter = await loadSegmenter(words.segmenter);
    return (text) => segmenter.cut(normalizeText(text)).join(' ');
  }
  const file = path.join(folder, words.dictionaryFile);
  const bytes = await readTokenizerFile(file, 'tokenizer_missing');
  const dictionary = orMalformed(file, () => readPickledWords(bytes));
  return (text) => cutByDictionary(text, dictionary).join(' ');
}

function orMalformed<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const reason = reasonOf(error);
    throw fail('tokenizer_malformed', { path, reason }, error);
  }
}
