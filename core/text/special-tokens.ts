/** The ids that stand around a text, and how a text too long for its model is cut. */

export interface SpecialTokens {
  /** `[CLS]` or `<s>`. */
  readonly prefix: readonly number[];
  /** `[SEP]` or `</s>`; kept when the text is cut. */
  readonly suffix: readonly number[];
}

/** `prefix`, as many of the text's ids as leave room for the rest, `suffix`: at most `maxTokens`. */
export function surround(
  ids: readonly number[],
  { prefix, suffix }: SpecialTokens,
  maxTokens: number,
): number[] {
  return [...prefix, ...ids.slice(0, maxTokens - prefix.length - suffix.length), ...suffix];
}

/**
 * The part of a text that `maxTokens` ids can come from, well-formed: a token is seldom longer than
 * `charactersPerToken`, and what lies further on must cost nothing. Only a text whose tokens are longer than that on
 * average, such as one of blanks, is cut before `maxTokens`.
 */
export function readable(text: string, maxTokens: number): string {
  return text.slice(0, maxTokens * charactersPerToken).toWellFormed();
}

/** UTF-16 units. */
const charactersPerToken = 64;
