/** Types of a graph's inputs in which equal sizes have equal names, as far as an exporter left that open. */
import type { Dimension, Graph, ValueType } from '../../core/graph/ir.js';

/** What exporters write where they mean that nothing is known. */
const meaningless = /^(\?|-1|none|unk|unknown|dynamic)?$/i;

/** Whether rows whose lengths have no names are taken to be of one length, or each input's of its own. */
export type OpenLengths = 'alike' | 'apart';

/**
 * Rows of ids, masks and types are of one batch and one length: axes of two-dimensional integer inputs that have no
 * name, or one after their own input (`attention_mask_dim_1`), are named alike. Any other axis that has no name is
 * like no other.
 */
export function namedInputs(
  { inputs, types }: Graph,
  lengths: OpenLengths = 'alike',
): Map<string, ValueType> {
  const named = new Map<string, ValueType>();
  for (const input of inputs) {
    const type = types.get(input);
    if (type?.shape == null) continue;
    const shared = ['batch of rows', ...(lengths === 'alike' ? ['length of rows'] : [])];
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
  return inputs.filter((input) => {
    const type = types.get(input);
    const length = type?.shape?.[1] ?? null;
    return type !== undefined && isRows(type) && isOpen(length, input);
  });
}

function isRows({ dtype, shape }: ValueType): boolean {
  return shape?.length === 2 && /^(int|bool)/.test(dtype);
}

function isOpen(size: Dimension, input: string): boolean {
  if (typeof size === 'number') return size < 0;
  return size === null || meaningless.test(size) || size.includes(input);
}
