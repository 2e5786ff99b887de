/** The transpose of broadcasting: sums a gradient over the axes along which the operand was repeated. */
import type { GraphValue } from '../../core/graph/builder.js';
import type { GraphOps } from '../../core/graph/graph-ops.js';
import type { Dimension } from '../../core/graph/ir.js';
import { fail } from '../../core/errors.js';
import { float32 } from '../../core/tensor.js';

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
  if (repeated.length === 0 && extra > 0 && to.length === 1 && typeof to[0] === 'number')
    return sumOfRows(ops, gradient, to[0]);
  const kept = repeated.length === 0 ? gradient : ops.reduceSum(gradient, repeated, true);
  if (extra === 0) return kept;
  return ops.reduceSum(
    kept,
    Array.from({ length: extra }, (_, axis) => axis),
    false,
  );
}

/** [..., width] -> [width], as a product with ones, which ONNX Runtime does sooner than a ReduceSum. */
export function sumOfRows(ops: GraphOps, value: GraphValue, width: number): GraphValue {
  const rows = ops.reshape(value, [-1, width]);
  const ones = ops.expand(ops.constant(float32([1])), ops.slice(ops.shape(rows), 0, 0, 1));
  return ops.matMul(ones, rows);
}

/**
 * A value's dimensions.
 * @throws RetortError gradient_shape_unknown when not even the rank is known
 */
export function knownShape({ name, type }: GraphValue): readonly Dimension[] {
  if (type.shape === null) throw fail('gradient_shape_unknown', { value: name });
  return type.shape;
}
