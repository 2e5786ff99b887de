/** Types of a graph's inputs in which equal sizes have equal names, as far as an exporter left that open. */
import type { Dimension, Graph, ValueType } from '../../core/graph/ir.js';

/** What exporters write where they mean that nothing is known. */
const meaningless = /^(\?|-1|none|unk|unknown|dynamic)?$/i;

/**
 * Of rows whose sizes have no names: whether they are taken to be of one batch and one length, of one batch with a length
 * of each input's own, or each input's of its own batch as well.
 */
export type OpenSizes = 'alike' | 'lengths apart' | 'apart';

const sharedAxes: Readonly<Record<OpenSizes, readonly string[]>> = {
  alike: ['batch of rows', 'length of rows'],
  'lengths apart': ['batch of rows'],
  apart: [],
};

/**
 * Rows of ids, masks and types are of one batch and one length: axes of two-dimensional integer inputs that have no
 * name, or one after their own input (`attention_mask_dim_1`), are named alike. Any other axis that has no name is
 * like no other.
 */
export function namedInputs({ inputs, types }: Graph, sizes: OpenSizes = 'alike'): Map<string, ValueType> {
  const named = new Map<string, ValueType>();
  for (const input of inputs) {
    const type = types.get(input);
    if (type?.shape == null) continue;
    const shared = sharedAxes[sizes];
    const shape = type.shape.map((size, axis): Dimension => {
      if (typeof size === 'number' && size >= 0) return size;
      const own =
        typeof size === 'string' && !meaningless.test(size) ? size : `${input} axis ${String(axis)}`;
      return isRows(type) && isOpen(size, input) ? (shared[axis] ?? own) : own;
    });
    named.set(input, { dtype: type.dtype, shape });
  }
  return named;
}

/** Inputs of rows whose length has no name. */
export function inputsOfOpenLength({ inputs, types }: Graph): string[] {
  return inputs.filter((input) => isOpenRows(types.get(input), 1, input));
}

/**
 * Inputs of rows whose number has no name, apart where their lengths tell that their rows are others: each of an open
 * length is by itself.
 */
export function inputsOfOpenBatch({ inputs, types }: Graph): string[][] {
  const groups = new Map<string, string[]>();
  for (const input of inputs) {
    const type = types.get(input);
    if (!isOpenRows(type, 0, input)) continue;
    const length = type?.shape?.[1] ?? null;
    const key = isOpen(length, input) ? `of ${input}` : String(length);
    groups.set(key, [...(groups.get(key) ?? []), input]);
  }
  return [...groups.values()];
}

function isOpenRows(type: ValueType | undefined, axis: number, input: string): boolean {
  return type !== undefined && isRows(type) && isOpen(type.shape?.[axis] ?? null, input);
}

function isRows({ dtype, shape }: ValueType): boolean {
  return shape?.length === 2 && /^(int|bool)/.test(dtype);
}

function isOpen(size: Dimension, input: string): boolean {
  if (typeof size === 'number') return size < 0;
  return size === null || meaningless.test(size) || size.includes(input);
}
