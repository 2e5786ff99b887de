/** What a tokenizer is: text in, ids out. The kinds are listed in tokenizers.ts. */

/** What an id stands for. */
export interface Piece {
  /** As it stands in the normalised text. */
  readonly text: string;
  readonly id: number;
}

export interface Tokenizer {
  /** The number of ids there are. */
  readonly vocabularySize: number;
  /** What a user should know about how this installation differs from the one that trained the model. */
  readonly warnings: readonly string[];
  /** What stands for a masked word in a text: the mask token where a text may name it, or else a space. */
  readonly maskText: string;
  /**
   * 1 to the model's maximum ids, each in [0, vocabularySize). An empty text gives a student's `[UNK]` alone, and a
   * teacher's special tokens.
   */
  encode(text: string): number[];
  /** The same ids, each with the text that it stands for; absent where a kind cannot say. */
  pieces?(text: string): Piece[];
}
