/** Gradients of the element-wise operators. dy is the loss's gradient by the output. */
import type { GraphBuilder, GraphValue } from '../../../core/graph/builder.js';
import type { GraphOps } from '../../../core/graph/graph-ops.js';
import { float32 } from '../../../core/tensor.js';
import { type GradientRule, required } from '../rule.js';
import { unbroadcast } from '../unbroadcast.js';

export const elementwiseRules: readonly GradientRule[] = [
  binary('Add', ({ dy }) => [dy, dy]),
  binary('Sub', ({ ops, dy }) => [dy, ops.neg(dy)]),
  binary('Mul', ({ ops, dy, a, b }) => [ops.mul(dy, b), ops.mul(dy, a)]),
  // d(a/b) = da/b - (a/b) db/b
  binary('Div', ({ ops, dy, b, y }) => [ops.div(dy, b), ops.neg(ops.div(ops.mul(dy, y), b))]),
  unary('Neg', ({ ops, dy }) => ops.neg(dy)),
  unary('Exp', ({ ops, dy, y }) => ops.mul(dy, y)),
  unary('Log', ({ ops, dy, x }) => ops.div(dy, x)),
  unary('Sqrt', ({ ops, dy, y }) => ops.div(ops.mul(dy, scalar(ops, 0.5)), y)),
  // tanh' = 1 - tanh^2
  unary('Tanh', ({ ops, dy, y }) => ops.mul(dy, ops.sub(scalar(ops, 1), ops.mul(y, y)))),
  // sigmoid' = sigmoid (1 - sigmoid)
  unary('Sigmoid', ({ ops, dy, y }) => ops.mul(dy, ops.mul(y, ops.sub(scalar(ops, 1), y)))),
  unary('Relu', ({ ops, dy, y }) => ops.where(ops.less(scalar(ops, 0), y), dy, scalar(ops, 0))),
  // erf' = 2 / sqrt(pi) exp(-x^2), the factor within the exponent: a pass over the elements less
  unary('Erf', ({ ops, dy, x }) =>
    ops.mul(dy, ops.exp(ops.sub(scalar(ops, Math.log(2 / Math.sqrt(Math.PI))), ops.mul(x, x)))),
  ),
  // gelu' = cdf(x) + x density(x), of the normal distribution; HardSigmoid is (erf + 1) / 2 in one pass, as that is within 0 and 1
  unary('com.microsoft:Gelu', ({ builder, ops, dy, x }) => {
    const scaled = ops.mul(x, scalar(ops, Math.SQRT1_2));
    const half = { kind: 'float', value: 0.5 } as const;
    const attributes = { alpha: half, beta: half };
    const cdf = required(builder.node('HardSigmoid', [ops.erf(scaled)], { attributes }), 0);
    const logScale = scalar(ops, -0.5 * Math.log(2 * Math.PI));
    const density = ops.exp(ops.sub(logScale, ops.mul(scaled, scaled)));
    const slope = ops.add(cdf, ops.mul(x, density));
    return ops.mul(dy, slope);
  }),
  unary('Identity', ({ dy }) => dy),
  // Only a cast between floating-point types has a gradient; differentiate never reaches the others.
  unary('Cast', ({ ops, dy, x }) => ops.cast(dy, x.type.dtype)),
  {
    opType: 'Where',
    backward({ ops, inputs, gradients }) {
      const [condition, a, b, dy] = [
        required(inputs, 0),
        required(inputs, 1),
        required(inputs, 2),
        required(gradients, 0),
      ];
      const zero = scalar(ops, 0);
      return [
        null,
        unbroadcast(ops, ops.where(condition, dy, zero), a),
        unbroadcast(ops, ops.where(condition, zero, dy), b),
      ];
    },
  },
];

/** A float32 constant without dimensions. */
export function scalar(ops: GraphOps, value: number): GraphValue {
  return ops.constant(float32([value], []));
}

interface Unary {
  readonly builder: GraphBuilder;
  readonly ops: GraphOps;
  readonly dy: GraphValue;
  readonly x: GraphValue;
  readonly y: GraphValue;
}

function unary(opType: string, gradient: (values: Unary) => GraphValue): GradientRule {
  return {
    opType,
    backward({ builder, ops, inputs, outputs, gradients }) {
      const [dy, x, y] = [required(gradients, 0), required(inputs, 0), required(outputs, 0)];
      return [gradient({ builder, ops, dy, x, y })];
    },
  };
}

interface Binary {
  readonly ops: GraphOps;
  readonly dy: GraphValue;
  readonly a: GraphValue;
  readonly b: GraphValue;
  readonly y: GraphValue;
}

function binary(
  opType: string,
  gradient: (values: Binary) => readonly [GraphValue, GraphValue],
): GradientRule {
  return {
    opType,
    backward({ ops, inputs, outputs, gradients }) {
      const [a, b] = [required(inputs, 0), required(inputs, 1)];
      const [da, db] = gradient({ ops, dy: required(gradients, 0), a, b, y: required(outputs, 0) });
      return [unbroadcast(ops, da, a), unbroadcast(ops, db, b)];
    },
  };
}
