/**
 * Unigram: the split of a text into pieces whose scores sum highest. @huggingface/tokenizers does it, with
 * SentencePiece's character maps read as they are (the library only imitates the usual one), and with `byte_fallback`.
 */
import { Tokenizer as library } from '@huggingface/tokenizers';
import { Charsmap } from './charsmap.js';
import { translatePreTokenizer } from './pre-tokenizer.js';

/** As in a tokenizer.json. */
export interface UnigramParts {
  readonly added_tokens: readonly object[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly model: {
    readonly type: 'Unigram';
    /** Pieces with their scores, natural logarithms; a piece's id is its place. */
    readonly vocab: readonly (readonly [piece: string, score: number])[];
    readonly unk_id: number;
    readonly byte_fallback: boolean;
  };
}

/** What stands for a byte of a character that no piece holds. */
export function bytePiece(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

export class Unigram {
  readonly #library: Library;
  readonly #unknownId: number;
  readonly #byteFallback: boolean;

  /** @throws Error where the library does not know a part */
  constructor(parts: UnigramParts) {
    const tokenizer = new LibraryTokenizer(
      {
        ...parts,
        pre_tokenizer: translatePreTokenizer(parts.pre_tokenizer),
        // Not needed for the ids of one text; the library wants them named.
        post_processor: null,
        decoder: null,
      },
      {},
    );
    // Done by `pieces`: the library takes quadratic time to join many.
    tokenizer.model.fuse_unk = false;
    this.#library = tokenizer;
    this.#library.normalizer = tokenizer.normalizer === null ? null : withCharsmaps(tokenizer.normalizer);
    this.#unknownId = parts.model.unk_id;
    this.#byteFallback = parts.model.byte_fallback;
  }

  /** The pieces of a text, without special tokens around it; unknown characters that touch are one piece. */
  pieces(text: string): string[] {
    const pieces: string[] = [];
    let unknown = '';
    for (const piece of this.#library.tokenize(text)) {
      if (!this.has(piece)) unknown += piece;
      else {
        if (unknown !== '') pieces.push(unknown);
        unknown = '';
        pieces.push(piece);
      }
    }
    if (unknown !== '') pieces.push(unknown);
    return pieces;
  }

  /** Whether it is a piece of the model, and not unknown. */
  has(piece: string): boolean {
    return this.#library.token_to_id(piece) !== undefined;
  }

  /** The ids of its pieces. */
  encode(text: string): number[] {
    return this.pieces(text).flatMap((piece) => this.#library.token_to_id(piece) ?? this.#unknown(piece));
  }

  #unknown(piece: string): number | number[] {
    if (!this.#byteFallback) return this.#unknownId;
    const bytes = Array.from(Buffer.from(piece, 'utf8'), (byte) =>
      this.#library.token_to_id(bytePiece(byte)),
    );
    return bytes.every((id) => id !== undefined) ? bytes : this.#unknownId;
  }
}

/** What is used of the library, whose own declarations do not resolve for ES modules of Node. */
interface Library {
  normalizer: ((text: string) => string) | null;
  tokenize(text: string): string[];
  token_to_id(token: string): number | undefined;
}

/** A function with properties; only a sequence has parts. */
interface LibraryNormalizer {
  (text: string): string;
  readonly config: { readonly type: string; readonly precompiled_charsmap?: unknown };
  readonly normalizers?: readonly LibraryNormalizer[];
}

const LibraryTokenizer = library as unknown as new (
  parts: object,
  config: object,
) => Omit<Library, 'normalizer'> & { normalizer: LibraryNormalizer | null; model: { fuse_unk: boolean } };

function withCharsmaps(normalizer: LibraryNormalizer): (text: string) => string {
  const { type, precompiled_charsmap: charsmap } = normalizer.config;
  if (type === 'Sequence') {
    const steps = (normalizer.normalizers ?? []).map(withCharsmaps);
    return (text) => steps.reduce((normal, step) => step(normal), text);
  }
  if (type !== 'Precompiled') return normalizer;
  if (typeof charsmap !== 'string') throw new TypeError('its character map is not text');
  const map = new Charsmap(Buffer.from(charsmap, 'base64'));
  return (text) => map.normalize(text);
}
