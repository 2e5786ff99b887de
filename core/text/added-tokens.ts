/** Tokens that a text may name, such as `[MASK]`: they are found before it is cut into pieces. */

interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Not within a word. */
  readonly single_word?: boolean;
}

/** Cuts a text at the tokens, of which it gives the ids; the longest counts. */
export function tokenFinder(tokens: readonly AddedToken[]): (text: string) => (string | number)[] {
  if (tokens.length === 0) return (text) => [text];
  const ids = new Map(tokens.map(({ content, id }) => [content, id]));
  const alternatives = tokens
    .toSorted((a, b) => b.content.length - a.content.length)
    .map(({ content, single_word: single = false }) =>
      single ? `(?<![\\p{L}\\p{N}_])${escaped(content)}(?![\\p{L}\\p{N}_])` : escaped(content),
    );
  const pattern = new RegExp(`(${alternatives.join('|')})`, 'u');
  return (text) =>
    text.split(pattern).map((part, index) => (index % 2 === 1 ? (ids.get(part) ?? part) : part));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
