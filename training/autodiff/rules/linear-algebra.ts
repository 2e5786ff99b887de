/** Gradients of matrix products and of normalisations over an axis. */
import type { GraphValue } from '../../../core/graph/builder.js';
import type { GraphOps } from '../../../core/graph/graph-ops.js';
import { type GradientRule, required } from '../rule.js';
import { knownShape, rowsOf, widthOf } from '../shapes.js';
import { sumOfRows, unbroadcast } from '../unbroadcast.js';

export const linearAlgebraRules: readonly GradientRule[] = [
  {
    // dA = dY B^T, dB = A^T dY
    opType: 'MatMul',
    backward({ ops, inputs, gradients }) {
      const [a, b, dy] = [required(inputs, 0), required(inputs, 1), required(gradients, 0)];
      const da = unbroadcast(ops, ops.matMul(dy, transposeMatrix(ops, b)), a);
      // A matrix b shared by all of a's leading axes: those axes and the rows are one long axis of the product.
      if (knownShape(b).length === 2 && knownShape(a).length > 2) {
        return [da, ops.matMul(columns(ops, a), rowsOf(ops, dy))];
      }
      return [da, unbroadcast(ops, ops.matMul(transposeMatrix(ops, a), dy), b)];
    },
  },
  {
    // dx = y (dy - sum(dy y))
    opType: 'Softmax',
    backward({ ops, node, outputs, gradients }) {
      const [y, dy] = [required(outputs, 0), required(gradients, 0)];
      return [ops.mul(y, ops.sub(dy, ops.reduceSum(ops.mul(dy, y), [axisOf(node.attributes)], true)))];
    },
  },
  {
    // dx = dy - softmax(x) sum(dy)
    opType: 'LogSoftmax',
    backward({ ops, node, outputs, gradients }) {
      const [y, dy] = [required(outputs, 0), required(gradients, 0)];
      return [ops.sub(dy, ops.mul(ops.exp(y), ops.reduceSum(dy, [axisOf(node.attributes)], true)))];
    },
  },
  {
    // With n = (x - mean) / deviation and g = dy scale: dx = (g - mean(g) - n mean(g n)) / deviation.
    // Ba, Kiros and Hinton, 2016.
    opType: 'LayerNormalization',
    forward({ builder, inputs, node: { attributes } }) {
      // The kernel gives the mean and 1 / deviation as well.
      const found = builder.node('LayerNormalization', inputs, { outputs: 3, attributes });
      return {
        outputs: [required(found, 0)],
        saved: { mean: required(found, 1), inverse: required(found, 2) },
      };
    },
    backward({ ops, inputs, gradients, saved }) {
      const [x, scale, dy] = [required(inputs, 0), required(inputs, 1), required(gradients, 0)];
      const [mean, inverse] = [required([saved.mean ?? null], 0), required([saved.inverse ?? null], 0)];
      const normal = ops.mul(ops.sub(x, mean), inverse);
      const g = ops.mul(dy, scale);
      const meanOf = (value: GraphValue) => ops.reduceMean(value, [-1], true);
      const centred = ops.sub(ops.sub(g, meanOf(g)), ops.mul(normal, meanOf(ops.mul(g, normal))));
      return [ops.mul(centred, inverse), sumOfRows(ops, ops.mul(dy, normal)), sumOfRows(ops, dy)];
    },
  },
];

function transposeMatrix(ops: GraphOps, value: GraphValue): GraphValue {
  const rank = knownShape(value).length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return ops.transpose(value, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

/**
 * [..., n] -> [n, rows]. The reshape stands behind the transposition, so that ONNX Runtime does not fold the latter into
 * the product: its kernel would transpose the rows again for every block of the product's columns.
 */
function columns(ops: GraphOps, value: GraphValue): GraphValue {
  const axes = knownShape(value).map((_, axis) => axis);
  return ops.reshape(ops.transpose(value, [...axes.slice(-1), ...axes.slice(0, -1)]), [widthOf(value), -1]);
}

function axisOf(attributes: Readonly<Record<string, { kind: string; value: unknown }>>): number {
  const value = attributes.axis?.value;
  return typeof value === 'number' ? value : -1;
}
