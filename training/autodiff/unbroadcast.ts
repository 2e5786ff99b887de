/** The transpose of broadcasting: sums a gradient over the axes along which the operand was repeated. */
import type { GraphValue } from '../../core/graph/builder.js';
import type { GraphOps } from '../../core/graph/graph-ops.js';
import { fail } from '../../core/errors.js';
import { float32 } from '../../core/tensor.js';
import { knownShape, rowsOf } from './shapes.js';

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
  if (repeated.length === 0 && extra > 0 && to.length === 1 && typeof from.at(-1) === 'number')
    return sumOfRows(ops, gradient);
  const kept = repeated.length === 0 ? gradient : ops.reduceSum(gradient, repeated, true);
  if (extra === 0) return kept;
  return ops.reduceSum(
    kept,
    Array.from({ length: extra }, (_, axis) => axis),
    false,
  );
}

/** [..., width] -> [width], as a product with ones, which ONNX Runtime does sooner than a ReduceSum. */
export function sumOfRows(ops: GraphOps, value: GraphValue): GraphValue {
  const rows = rowsOf(ops, value);
  const ones = ops.expand(ops.constant(float32([1])), ops.slice(ops.shape(rows), 0, 0, 1));
  return ops.matMul(ones, rows);
}
