/** Whether two values are of one shape, as far as that is known. */
import type { GraphEditor } from './editor.js';
import type { Polynomial } from './elements/polynomial.js';

export function isSameShape(editor: GraphEditor, a: string, b: string): boolean {
  return hasShape(editor, a, editor.elements.shape(b));
}

/** @param shape null where it is not known */
export function hasShape(editor: GraphEditor, value: string, shape: readonly Polynomial[] | null): boolean {
  const found = editor.elements.shape(value);
  return (
    found?.length === shape?.length && found?.every((size, axis) => size.key === shape?.[axis]?.key) === true
  );
}

/**
 * Whether what is computed element by element of x and of constants alone is of x's shape. Lengths of constants are
 * known, so that an axis of which nothing is known has not become longer than x's.
 */
export function keepsShape(editor: GraphEditor, x: string, output: string): boolean {
  const [from, to] = [editor.typeOf(x)?.shape, editor.typeOf(output)?.shape];
  if (from == null || to == null) return false;
  return from.length === to.length && from.every((length, axis) => length === to[axis]);
}

/** Whether a value is a vector as long as another one's last axis. */
export function isVectorOf(editor: GraphEditor, vector: string, of: string): boolean {
  const [shape, whole] = [editor.elements.shape(vector), editor.elements.shape(of)];
  return shape?.length === 1 && shape[0]?.key === whole?.at(-1)?.key;
}
