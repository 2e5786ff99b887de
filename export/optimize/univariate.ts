/** A value as a polynomial of another one. */
import type { GraphEditor } from './editor.js';
import { producerOf } from './operands.js';

/** Coefficients by power of x, lowest first; null where the value is no polynomial of x of a few operations. */
export function univariate(editor: GraphEditor, value: string, x: string, depth = 8): number[] | null {
  if (value === x) return [0, 1];
  const number = editor.uniform(value);
  if (number !== null) return [number];
  const node = producerOf(editor, value, 'Add', 'Sub', 'Mul', 'Div', 'Pow');
  if (node === null || depth === 0) return null;
  const [a, b] = node.inputs.map((input) => univariate(editor, input, x, depth - 1));
  if (a == null || b == null) return null;
  switch (node.opType) {
    case 'Add':
      return sum(a, b);
    case 'Sub':
      return sum(
        a,
        b.map((c) => -c),
      );
    case 'Mul':
      return product(a, b);
    case 'Div':
      return b.length === 1 ? a.map((c) => c / (b[0] ?? 1)) : null;
    default: {
      const [power = 0] = b;
      if (b.length > 1 || !Number.isInteger(power) || power < 1 || power > 4) return null;
      return Array.from({ length: power }, () => a).reduce(product);
    }
  }
}

function sum(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => (a[at] ?? 0) + (b[at] ?? 0));
}

function product(a: readonly number[], b: readonly number[]): number[] {
  const result = Array.from({ length: a.length + b.length - 1 }, () => 0);
  a.forEach((left, i) => {
    b.forEach((right, j) => (result[i + j] = (result[i + j] ?? 0) + left * right));
  });
  return result;
}
