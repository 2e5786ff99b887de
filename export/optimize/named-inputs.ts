/** Types of a graph's inputs in which equal sizes have equal names, as far as an exporter left that open. */
import type { Dimension, Graph, ValueType } from '../../core/graph/ir.js';

/** What exporters write where they mean that nothing is known. */
const meaningless = /^(\?|-1|none|unk|unknown|dynamic)?$/i;

/**
 * Rows of ids, masks and types are of one batch and one length: axes of two-dimensional integer inputs that have no
 * name, or one after their own input (`attention_mask_dim_1`), are named alike.
 */
export function namedInputs({ inputs, types }: Graph): Map<string, ValueType> {
  const named = new Map<string, ValueType>();
  for (const input of inputs) {
    const type = types.get(input);
    if (type?.shape == null) continue;
    const isRows = type.shape.length === 2 && /^(int|bool)/.test(type.dtype);
    const shape = type.shape.map((size, axis): Dimension => {
      if (typeof size === 'number' && size >= 0) return size;
      const isOpen = typeof size !== 'string' || meaningless.test(size) || size.includes(input);
      if (!isOpen) return size;
      return isRows
        ? (['batch of rows', 'length of rows'][axis] ?? null)
        : typeof size === 'string'
          ? size
          : null;
    });
    named.set(input, { dtype: type.dtype, shape });
  }
  return named;
}
