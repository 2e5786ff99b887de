/** Finds the tokenizer of a checkpoint, as trainers leave it in a folder. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';
import type { Tokenizer } from './tokenizer.js';
import { loadTokenizer } from './tokenizers.js';

export interface FoundTokenizer {
  readonly tokenizer: Tokenizer;
  /** For a bundle's manifest. */
  readonly descriptor: { readonly kind: string } & Readonly<Record<string, unknown>>;
  /** Full paths of the files that the descriptor names by their base names: they go beside the manifest. */
  readonly files: readonly string[];
}

/**
 * Of a folder: its tokenizer.json, else its SentencePiece model, with the vocab.txt beside it, else its vocab.txt.
 * `tokenizer_config.json` beside a vocab.txt says whether letters become lower case; they do where it says nothing.
 * @param place a folder, or one of these files
 * @throws RetortError tokenizer_missing, tokenizer_malformed, and the kind's own
 */
export async function openTokenizerFolder(place: string, maxTokens: number): Promise<FoundTokenizer> {
  const found = await stat(place).catch((error: unknown) => {
    throw fail('tokenizer_missing', { path: place }, error);
  });
  const folder = found.isDirectory() ? place : path.dirname(place);
  const names = found.isDirectory() ? await readdir(place) : [path.basename(place)];
  const patterns = finders.map(({ inFolder, asFile }) => (found.isDirectory() ? inFolder : asFile));
  const index = patterns.findIndex((pattern) => names.some((name) => pattern.test(name)));
  const file = names.find((name) => patterns[index]?.test(name));
  const describe = finders[index]?.describe;
  if (describe === undefined || file === undefined) throw fail('tokenizer_missing', { path: place });
  const described = await describe(file, folder);
  const descriptor = { ...described.descriptor, maxTokens };
  return {
    tokenizer: await loadTokenizer(descriptor, folder),
    descriptor,
    files: described.files.map((name) => path.join(folder, name)),
  };
}

interface Finder {
  /** The name of the file that shows the kind: in a folder, and where it is given itself. */
  readonly inFolder: RegExp;
  readonly asFile: RegExp;
  readonly describe: (file: string, folder: string) => Promise<Described>;
}

interface Described {
  readonly descriptor: FoundTokenizer['descriptor'];
  readonly files: readonly string[];
}

/** In the order in which a folder is searched. */
const finders: readonly Finder[] = [
  {
    inFolder: /^tokenizer\.json$/,
    asFile: /\.json$/,
    describe: async (file) => ({ descriptor: { kind: 'tokenizer-json', file }, files: [file] }),
  },
  { inFolder: /\.model$/, asFile: /\.model$/, describe: describeSentencePiece },
  { inFolder: /^vocab\.txt$/, asFile: /\.txt$/, describe: describeWordPiece },
];

async function describeSentencePiece(file: string, folder: string): Promise<Described> {
  const beside = new Set(await readdir(folder));
  const vocabularyFile = beside.has(vocabularyName) ? vocabularyName : null;
  // The XLM-RoBERTa family, whose ids are not the model's own; its folders have a tokenizer.json as well.
  if (vocabularyFile === null && file === 'sentencepiece.bpe.model') {
    const reason = 'its ids are given elsewhere; give a tokenizer.json or a vocab.txt beside it';
    throw fail('tokenizer_malformed', { path: path.join(folder, file), reason });
  }
  const vocabulary = vocabularyFile === null ? [] : [vocabularyFile];
  const plain = { kind: 'sentencepiece', modelFile: file, vocabularyFile };
  if (file !== ernieTiny.modelFile) return { descriptor: plain, files: [file, ...vocabulary] };
  const { dictionaryFile } = ernieTiny;
  const hasDictionary = beside.has(dictionaryFile);
  const words = hasDictionary ? { dictionaryFile } : { segmenter: 'node-rs-jieba' };
  return {
    descriptor: { ...plain, lowerCase: true, words },
    files: [file, ...vocabulary, ...(hasDictionary ? [dictionaryFile] : [])],
  };
}

const vocabularyName = 'vocab.txt';

/** As PaddleNLP publishes it. */
const ernieTiny = { modelFile: 'spm_cased_simp_sampled.model', dictionaryFile: 'dict.wordseg.pickle' };

async function describeWordPiece(file: string, folder: string): Promise<Described> {
  const config = await readConfig(folder);
  return {
    descriptor: {
      kind: 'wordpiece',
      vocabularyFile: file,
      lowerCase: config.do_lower_case,
      stripAccents: config.strip_accents,
      chineseCharacters: config.tokenize_chinese_chars,
      specialTokens: true,
    },
    files: [file],
  };
}

const configSchema = z.looseObject({
  do_lower_case: z.boolean().default(true),
  strip_accents: z.boolean().nullable().default(null),
  tokenize_chinese_chars: z.boolean().default(true),
});

async function readConfig(folder: string): Promise<z.infer<typeof configSchema>> {
  const file = path.join(folder, 'tokenizer_config.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    return configSchema.parse(JSON.parse(text));
  } catch (error) {
    throw fail(
      'tokenizer_malformed',
      { path: file, reason: 'it is not a tokenizer\u2019s configuration' },
      error,
    );
  }
}
