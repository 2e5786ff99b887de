/**
 * BERT's normaliser, as in https://github.com/google-research/bert (tokenization.py) and in the Rust `tokenizers`
 * library's BertNormalizer: what is unassigned in this version of Unicode stays, as there.
 */

export interface BertNormalizerOptions {
  readonly lowerCase: boolean;
  /** null: as `lowerCase` says. */
  readonly stripAccents: boolean | null;
  /** Each Chinese character becomes a word of its own. */
  readonly chineseCharacters: boolean;
  /** Control characters go, and all white space becomes a blank. */
  readonly cleanText: boolean;
}

/** @param text well-formed: without lone surrogates */
export function normalizeBert(text: string, options: BertNormalizerOptions): string {
  let normal = text;
  if (options.cleanText) normal = normal.replace(dropped, '').replace(/\p{White_Space}/gu, ' ');
  if (options.chineseCharacters) normal = normal.replace(chineseCharacter, ' $& ');
  if (options.stripAccents ?? options.lowerCase) normal = normal.normalize('NFD').replace(/\p{Mn}/gu, '');
  // Character by character: without JavaScript's other sigma at the end of a word.
  if (options.lowerCase) normal = normal.replaceAll('Σ', 'σ').toLowerCase();
  return normal;
}

const dropped = /[\0\uFFFD\p{Cf}\p{Co}]|(?![\t\n\r])\p{Cc}/gu;

/** The blocks that BERT counts as Chinese: unified ideographs with extensions A to E, compatibility ideographs. */
const chineseCharacter =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;
