/** The transpose of broadcasting: sums a gradient over the axes along which the operand was repeated. */
import type { GraphValue } from '../../core/graph/builder.js';
import type { GraphOps } from '../../core/graph/graph-ops.js';
import type { Dimension } from '../../core/graph/ir.js';
import { fail } from '../../core/errors.js';

/** `gradient`, of the broadcast result's shape, summed to the operand's shape. */
export function unbroadcast(ops: GraphOps, gradient: GraphValue, operand: GraphValue): GraphValue {
  const from = knownShape(gradient);
  const to = knownShape(operand);
  const extra = from.length - to.length;
  const unknown = to.some((dimension, axis) => dimension === null && from[axis + extra] !== 1);
  if (unknown) throw fail('gradient_shape_unknown', { value: operand.name });
  const repeated = to.flatMap((dimension, axis) =>
    dimension === 1 && from[axis + extra] !== 1 ? [axis + extra] : [],
  );
  const kept = repeated.length === 0 ? gradient : ops.reduceSum(gradient, repeated, true);
  if (extra === 0) return kept;
  return ops.reduceSum(
    kept,
    Array.from({ length: extra }, (_, axis) => axis),
    false,
  );
}

/**
 * A value's dimensions.
 * @throws RetortError gradient_shape_unknown when not even the rank is known
 */
export function knownShape({ name, type }: GraphValue): readonly Dimension[] {
  if (type.shape === null) throw fail('gradient_shape_unknown', { value: name });
  return type.shape;
}
