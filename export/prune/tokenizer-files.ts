/** A tokenizer's files without the pieces that no text uses: the ids of the others move up. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Manifest } from '../../core/bundle/manifest.js';
import { fail } from '../../core/errors.js';
import { specialTokensOf } from '../../core/text/tokenizer-json/post-processor.js';
import { tokenizerJsonSchema } from '../../core/text/tokenizer-json/schema.js';
import { PAD_ID, UNK_ID } from '../../core/text/vocabulary.js';

export interface PrunedTokenizer {
  /** Ids before, in the order of the ids that they have now. */
  readonly kept: readonly number[];
  readonly file: string;
  readonly contents: string;
}

type Prune = (file: string, contents: string, used: ReadonlySet<number>) => PrunedTokenizer;

/** By the kind of tokenizer, with the key of its descriptor that names the file. */
const kinds: Readonly<Record<string, readonly [key: string, prune: Prune]>> = {
  words: ['vocabularyFile', prunedLines((_, id) => id === PAD_ID || id === UNK_ID)],
  wordpiece: ['vocabularyFile', prunedLines((piece) => /^\[(PAD|UNK|CLS|SEP|MASK)\]$/.test(piece))],
  'tokenizer-json': ['file', prunedJson],
};

/**
 * @param used ids that some text needs; special tokens are kept beside them
 * @throws RetortError prune_tokenizer_unknown
 */
export async function prunedTokenizer(
  descriptor: Manifest['tokenizer'],
  folder: string,
  used: ReadonlySet<number>,
): Promise<PrunedTokenizer> {
  const [key, prune] = kinds[descriptor.kind] ?? [];
  if (key === undefined || prune === undefined)
    throw fail('prune_tokenizer_unknown', { kind: descriptor.kind, known: Object.keys(kinds).join(', ') });
  const file = z.string().parse(descriptor[key]);
  return prune(file, await readFile(path.join(folder, file), 'utf8'), used);
}

/** A piece a line; ERNIE writes the id behind a tab as well. */
function prunedLines(isNeeded: (piece: string, id: number) => boolean): Prune {
  return (file, contents, used) => {
    const lines = contents
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '')
      .split(/\r?\n/);
    const pieces = lines.map((line) => line.split('\t')[0] ?? '');
    const kept = [...pieces.keys()].filter((id) => used.has(id) || isNeeded(pieces[id] ?? '', id));
    const withIds = lines[0]?.includes('\t') === true;
    const written = kept.map((id, now) => `${pieces[id] ?? ''}${withIds ? `\t${String(now)}` : ''}`);
    return { kept, file, contents: `${written.join('\n')}\n` };
  };
}

function prunedJson(file: string, contents: string, used: ReadonlySet<number>): PrunedTokenizer {
  const raw = z
    .looseObject({ model: z.looseObject({}), post_processor: z.unknown() })
    .parse(JSON.parse(contents));
  const { model, added_tokens: added, post_processor: processor } = tokenizerJsonSchema.parse(raw);
  const special = specialTokensOf(processor);
  const pieces = new Map<number, string>(
    model.type === 'Unigram'
      ? model.vocab.map(([piece], id) => [id, piece])
      : Object.entries(model.vocab).map(([piece, id]) => [id, piece]),
  );
  const unknown =
    model.type === 'Unigram' ? [model.unk_id, ...lowest(model.vocab)] : [model.vocab[model.unk_token] ?? 0];
  const bytes = model.type === 'Unigram' && model.byte_fallback;
  const needed = new Set([
    ...used,
    ...special.prefix,
    ...special.suffix,
    ...added.map(({ id }) => id),
    ...unknown,
  ]);
  const all = [...new Set([...pieces.keys(), ...added.map(({ id }) => id)])].sort((a, b) => a - b);
  const kept = all.filter(
    (id) => needed.has(id) || (bytes && /^<0x[0-9A-F]{2}>$/.test(pieces.get(id) ?? '')),
  );
  const now = new Map(kept.map((id, place) => [id, place]));
  const moved = (id: number) => now.get(id) ?? id;
  const vocabulary =
    model.type === 'Unigram'
      ? model.vocab.filter((_, id) => now.has(id))
      : Object.fromEntries(
          Object.entries(model.vocab).flatMap(([piece, id]) => (now.has(id) ? [[piece, moved(id)]] : [])),
        );
  const unknownId = model.type === 'Unigram' ? { unk_id: moved(model.unk_id) } : {};
  const written = {
    ...raw,
    added_tokens: added.map((token) => ({ ...token, id: moved(token.id) })),
    post_processor: withIds(processor, moved),
    model: { ...raw.model, ...unknownId, vocab: vocabulary },
  };
  return { kept, file, contents: `${JSON.stringify(written)}\n` };
}

/** The piece of the lowest score: what an unknown character costs is told by it. */
function lowest(vocabulary: readonly (readonly [string, number])[]): number[] {
  let found = 0;
  vocabulary.forEach(([, score], id) => {
    if (score < (vocabulary[found]?.[1] ?? 0)) found = id;
  });
  return vocabulary.length === 0 ? [] : [found];
}

/** A post-processor with other ids: of its template's tokens, or of its two. */
function withIds(processor: unknown, moved: (id: number) => number): unknown {
  const template = z.looseObject({
    special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
  });
  const pair = z.tuple([z.string(), z.int()]);
  const two = z.looseObject({ cls: pair, sep: pair });
  const several = z.looseObject({ processors: z.array(z.unknown()) });
  const asTemplate = template.safeParse(processor).data;
  if (asTemplate !== undefined) {
    const tokens = Object.entries(asTemplate.special_tokens).map(([name, token]) => [
      name,
      { ...token, ids: token.ids.map(moved) },
    ]);
    return { ...asTemplate, special_tokens: Object.fromEntries(tokens) as unknown };
  }
  const asTwo = two.safeParse(processor).data;
  if (asTwo !== undefined) {
    const [cls, sep] = [asTwo.cls, asTwo.sep].map(([token, id]) => [token, moved(id)]);
    return { ...asTwo, cls, sep };
  }
  const asSeveral = several.safeParse(processor).data;
  return asSeveral === undefined
    ? processor
    : { ...asSeveral, processors: asSeveral.processors.map((one) => withIds(one, moved)) };
}
