/** A SentencePiece model file: the protobuf message ModelProto of sentencepiece_model.proto, as far as Unigram needs it. */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';

export interface SentencePieceModel {
  /** In the order of their ids. */
  readonly pieces: readonly Piece[];
  /** Empty where characters stay as they are. */
  readonly charsmap: Uint8Array;
  /** A blank is put before the text. */
  readonly addDummyPrefix: boolean;
  /** Blanks at the ends go, and several become one. */
  readonly removeExtraWhitespaces: boolean;
  /** A character that no piece holds becomes the pieces of its bytes, `<0x0A>` for one. */
  readonly byteFallback: boolean;
}

type Normalizer = Omit<SentencePieceModel, 'pieces' | 'byteFallback'>;

export interface Piece {
  readonly text: string;
  /** Natural logarithm of its probability. */
  readonly score: number;
  readonly type: number;
}

/** The types of pieces that are used; control and unused ones never occur in a text. */
export const pieceTypes = { normal: 1, unknown: 2, userDefined: 4 } as const;

/** @throws Error where the bytes are no such message, or the model is not Unigram with blanks before words */
export function parseSentencePieceModel(bytes: Uint8Array): SentencePieceModel {
  const pieces: Piece[] = [];
  let normalizer = readNormalizer(new Uint8Array());
  let byteFallback = false;
  readMessage(bytes, (field, reader) => {
    if (field === 1) pieces.push(readPiece(reader.bytes()));
    else if (field === 2) ({ byteFallback } = readTrainer(reader.bytes()));
    else if (field === 3) normalizer = readNormalizer(reader.bytes());
    else return false;
    return true;
  });
  if (pieces.length === 0) throw new Error('it holds no pieces');
  return { pieces, ...normalizer, byteFallback };
}

function readPiece(bytes: Uint8Array): Piece {
  const piece = { text: '', score: 0, type: pieceTypes.normal as number };
  readMessage(bytes, (field, reader) => {
    if (field === 1) piece.text = reader.string();
    else if (field === 2) piece.score = reader.float();
    else if (field === 3) piece.type = reader.int32();
    else return false;
    return true;
  });
  return piece;
}

function readNormalizer(bytes: Uint8Array): Normalizer {
  const normalizer = {
    charsmap: new Uint8Array(),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
  };
  readMessage(bytes, (field, reader) => {
    if (field === 2) normalizer.charsmap = Uint8Array.from(reader.bytes());
    else if (field === 3) normalizer.addDummyPrefix = reader.bool();
    else if (field === 4) normalizer.removeExtraWhitespaces = reader.bool();
    else return false;
    return true;
  });
  return normalizer;
}

function readTrainer(bytes: Uint8Array): Pick<SentencePieceModel, 'byteFallback'> {
  const trainer = { type: unigramType as number, blankBehind: false, byteFallback: false };
  readMessage(bytes, (field, reader) => {
    if (field === 3) trainer.type = reader.int32();
    else if (field === 24) trainer.blankBehind = reader.bool();
    else if (field === 35) trainer.byteFallback = reader.bool();
    else return false;
    return true;
  });
  if (trainer.type !== unigramType) throw new Error('its model is not Unigram');
  if (trainer.blankBehind)
    throw new Error('its words end in a blank (treat_whitespace_as_suffix), which is not supported');
  return trainer;
}

const unigramType = 1;

/** @param read takes a field's value and returns true, or false for a field to be skipped */
function readMessage(bytes: Uint8Array, read: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType]: [number, WireType] = reader.tag();
    if (!read(field, reader)) reader.skip(wireType, field);
  }
}
