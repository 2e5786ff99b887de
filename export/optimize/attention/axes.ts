/** Where heads stand in attention's values: on an axis of their own, or folded into that of the rows. */
import type { GraphEditor } from '../editor.js';
import { asNumber, constant, divide, index, type Polynomial, product, sum } from '../elements/polynomial.js';

export interface HeadAxes {
  readonly heads: number;
  /** Of a head. */
  readonly width: number;
  readonly rows: Polynomial;
  /** Of queries. */
  readonly times: Polynomial;
  /** Indices of a row, a head, a query, a key and a place within a head. */
  readonly batch: Polynomial;
  readonly head: Polynomial;
  readonly query: Polynomial;
  readonly key: Polynomial;
  readonly within: Polynomial;
  /** Indices of a value [rows, heads, a, c], or [rows * heads, a, c]. */
  readonly at: (a: Polynomial, c: Polynomial) => readonly Polynomial[];
}

/**
 * @param like a value whose axes but the last are those of queries, with three axes where heads are folded
 * @param context whose moves tell how many heads are folded
 * @returns null where the number of heads is not known
 */
export function headAxes(
  editor: GraphEditor,
  like: string,
  keys: Polynomial,
  width: number,
  context: string,
): HeadAxes | null {
  const shape = editor.elements.shape(like);
  const [first, second, third] = shape ?? [];
  if (first === undefined || second === undefined || third === undefined) return null;
  const isFolded = shape?.length === 3;
  const heads = isFolded ? foldedHeads(editor, context, width) : asNumber(second);
  const rows = heads === null ? null : rowsOf(first, isFolded ? heads : 1);
  if (heads === null || rows === null) return null;
  const times = isFolded ? second : third;
  const [batch, head] = [index('b', rows), index('n', constant(heads))];
  const leading = isFolded ? [sum(product(batch, constant(heads)), head)] : [batch, head];
  return {
    heads,
    width,
    rows,
    times,
    batch,
    head,
    query: index('s', times),
    key: index('t', keys),
    within: index('d', constant(width)),
    at: (a, c) => [...leading, a, c],
  };
}

function rowsOf(first: Polynomial, heads: number): Polynomial | null {
  const divided = divide(first, constant(heads));
  return divided === null || asNumber(divided.remainder) !== 0 ? null : divided.quotient;
}

/** By the width of the heads side by side, which is the first other one behind the context. */
function foldedHeads(editor: GraphEditor, context: string, width: number): number | null {
  for (const value of movedFrom(editor, context)) {
    const last = editor.elements.shape(value)?.at(-1);
    const number = last === undefined ? null : asNumber(last);
    if (number !== null && number > width) return number % width === 0 ? number / width : null;
  }
  return 1;
}

/** A value and those that are only moves of it, downwards while nothing else reads them. */
export function movedFrom(editor: GraphEditor, value: string): string[] {
  const reader = editor.onlyReader(value);
  return reader !== null && ['Transpose', 'Reshape', 'Identity', 'Squeeze'].includes(reader.opType)
    ? [value, ...movedFrom(editor, reader.outputs[0] ?? '')]
    : [value];
}
