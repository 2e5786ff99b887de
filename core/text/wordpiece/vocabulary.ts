/** `vocab.txt`: a token a line, its id the line's number from 0; ERNIE writes the id behind a tab as well. */
import { fail } from '../../errors.js';

export interface VocabularyFile {
  /** Of a token that stands twice, as `$` does in ERNIE 3.0's file, the last one counts: BERT's own loader has it so. */
  readonly ids: ReadonlyMap<string, number>;
  /** The number of lines. */
  readonly size: number;
}

/**
 * @param path only names the file in errors
 * @throws RetortError vocabulary_malformed: an empty line, an id other than the line's number, a special token twice
 */
export function parseVocabularyFile(text: string, path: string): VocabularyFile {
  const ids = new Map<string, number>();
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  const withIds = lines[0]?.includes('\t') === true;
  for (const [index, line] of lines.entries()) {
    const refuse = (reason: string) => fail('vocabulary_malformed', { path, line: index + 1, reason });
    const [token = '', id] = withIds ? line.split('\t') : [line];
    if (token === '') throw refuse('it holds no token');
    if (withIds && id !== String(index)) {
      throw refuse(id === undefined ? 'it holds no id' : `its id is ${id}, and ids run from 0 without gaps`);
    }
    if (ids.has(token) && specialTokenNames.has(token)) throw refuse(`the token ${token} stands twice`);
    ids.set(token, index);
  }
  return { ids, size: lines.length };
}

export const maskToken = '[MASK]';
export const specialTokenNames: ReadonlySet<string> = new Set([
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  maskToken,
]);

/** @throws RetortError vocabulary_incomplete */
export function requiredId(ids: ReadonlyMap<string, number>, token: string, path: string): number {
  const id = ids.get(token);
  if (id === undefined) throw fail('vocabulary_incomplete', { path, token });
  return id;
}
