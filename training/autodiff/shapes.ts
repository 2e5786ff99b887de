/** What gradient rules need to know of a value's shape. */
import { fail } from '../../core/errors.js';
import type { GraphValue } from '../../core/graph/builder.js';
import type { GraphOps } from '../../core/graph/graph-ops.js';
import type { Dimension } from '../../core/graph/ir.js';

/**
 * A value's dimensions.
 * @throws RetortError gradient_shape_unknown when not even the rank is known
 */
export function knownShape({ name, type }: GraphValue): readonly Dimension[] {
  if (type.shape === null) throw fail('gradient_shape_unknown', { value: name });
  return type.shape;
}

/** Its last dimension. @throws RetortError gradient_shape_unknown when that is no number */
export function widthOf(value: GraphValue): number {
  const width = knownShape(value).at(-1);
  if (typeof width !== 'number') throw fail('gradient_shape_unknown', { value: value.name });
  return width;
}

/** [..., width] -> [rows, width] */
export function rowsOf(ops: GraphOps, value: GraphValue): GraphValue {
  return ops.reshape(value, [-1, widthOf(value)]);
}
