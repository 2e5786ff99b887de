/** Gradients of the operators that move, select, join or sum elements. */
import type { GraphValue } from '../../../core/graph/builder.js';
import type { GraphOps } from '../../../core/graph/graph-ops.js';
import { int, text } from '../../../core/graph/attributes.js';
import type { Attribute, Node } from '../../../core/graph/ir.js';
import { float32, int64 } from '../../../core/tensor.js';
import { type BackwardContext, type GradientRule, required } from '../rule.js';
import { knownShape } from '../shapes.js';
import { unbroadcast } from '../unbroadcast.js';
import { scalar } from './elementwise.js';

export const movementRules: readonly GradientRule[] = [
  {
    opType: 'Transpose',
    backward({ ops, node, inputs, gradients }) {
      const rank = knownShape(required(inputs, 0)).length;
      const permutation =
        intsOf(node.attributes.perm) ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
      const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
      return [ops.transpose(required(gradients, 0), inverse)];
    },
  },
  reshaping('Reshape'),
  reshaping('Unsqueeze'),
  reshaping('Squeeze'),
  {
    opType: 'Expand',
    backward: ({ ops, inputs, gradients }) => [
      unbroadcast(ops, required(gradients, 0), required(inputs, 0)),
      null,
    ],
  },
  {
    opType: 'Concat',
    backward({ builder, ops, node, inputs, gradients }) {
      const axis = axisOf(node);
      const present = inputs.map((_, index) => required(inputs, index));
      const sizes = present.map((x) => ops.gather(ops.shape(x), ops.constant(int64([axis])), 0));
      const parts = builder.node('Split', [required(gradients, 0), ops.concat(sizes, 0)], {
        outputs: present.length,
        attributes: { axis: int(axis) },
      });
      return parts;
    },
  },
  {
    opType: 'Split',
    backward({ ops, node, inputs, outputs, gradients }) {
      const parts = outputs.map((output, index) => {
        const y = required(outputs, index);
        return gradients[index] ?? (output === null ? null : ops.mul(y, scalar(ops, 0)));
      });
      return [
        ops.concat(
          parts.filter((part) => part !== null),
          axisOf(node),
        ),
        ...inputs.slice(1).map(() => null),
      ];
    },
  },
  {
    // The gradient lies where the elements were taken from; zero elsewhere.
    opType: 'Slice',
    backward({ builder, ops, inputs, gradients }) {
      const [x, starts, ends] = [required(inputs, 0), required(inputs, 1), required(inputs, 2)];
      const positions = builder.node('Slice', [
        elementPositions(builder, ops, x),
        starts,
        ends,
        inputs[3] ?? null,
        inputs[4] ?? null,
      ]);
      return [
        scatterRows(builder, ops, x, required(positions, 0), required(gradients, 0)),
        ...inputs.slice(1).map(() => null),
      ];
    },
  },
  {
    opType: 'Gather',
    backward({ builder, ops, node, inputs, gradients }) {
      const [data, indices] = [required(inputs, 0), required(inputs, 1)];
      const positions = builder.node('Gather', [elementPositions(builder, ops, data), indices], {
        attributes: { axis: int(axisOf(node, 0)) },
      });
      return [scatterRows(builder, ops, data, required(positions, 0), required(gradients, 0)), null];
    },
  },
  {
    opType: 'ReduceSum',
    backward: (context) => [
      spread(context, required(context.gradients, 0)),
      ...context.inputs.slice(1).map(() => null),
    ],
  },
  {
    opType: 'ReduceMean',
    backward(context) {
      const { ops, inputs, outputs, gradients } = context;
      // The number of elements behind each mean: the input's size over the output's.
      const size = (value: GraphValue) =>
        ops.cast(required(context.builder.node('Size', [value]), 0), 'float32');
      const count = ops.div(size(required(inputs, 0)), size(required(outputs, 0)));
      return [ops.div(spread(context, required(gradients, 0)), count), ...inputs.slice(1).map(() => null)];
    },
  },
  {
    // Equal maxima share the gradient.
    opType: 'ReduceMax',
    backward(context) {
      const { ops, inputs, outputs, gradients } = context;
      const largest = ops.cast(
        ops.equal(required(inputs, 0), spread(context, required(outputs, 0))),
        'float32',
      );
      const shared = ops.reduceSum(largest, axesOf(context), true);
      return [
        ops.div(ops.mul(spread(context, required(gradients, 0)), largest), shared),
        ...inputs.slice(1).map(() => null),
      ];
    },
  },
  {
    // A reversal is its own inverse.
    opType: 'ReverseSequence',
    backward({ builder, node, inputs, gradients }) {
      const { attributes } = node;
      const back = builder.node('ReverseSequence', [required(gradients, 0), required(inputs, 1)], {
        attributes,
      });
      return [required(back, 0), null];
    },
  },
];

/** Operators that only give the same elements another shape. */
function reshaping(opType: string): GradientRule {
  return {
    opType,
    backward({ builder, ops, inputs, gradients }) {
      const x = required(inputs, 0);
      const dx = builder.node('Reshape', [required(gradients, 0), ops.shape(x)]);
      return [withType(builder, required(dx, 0), x), ...inputs.slice(1).map(() => null)];
    },
  };
}

/** The gradient has its operand's shape, also where inference cannot see it through a computed shape. */
function withType(builder: BackwardContext['builder'], value: GraphValue, like: GraphValue): GraphValue {
  return builder.assume(value, like.type);
}

/** A value of a reduction's output shape, repeated over the reduced axes. */
function spread(context: BackwardContext, value: GraphValue): GraphValue {
  const { builder, ops, node, inputs } = context;
  const x = required(inputs, 0);
  const keepDims = node.attributes.keepdims;
  const kept =
    keepDims?.kind === 'int' && keepDims.value === 0 ? ops.unsqueeze(value, axesOf(context)) : value;
  return withType(builder, ops.expand(kept, ops.shape(x)), x);
}

function axesOf({ builder, node, inputs }: BackwardContext): readonly number[] {
  const rank = knownShape(required(inputs, 0)).length;
  const attribute = intsOf(node.attributes.axes);
  const axes = inputs[1] === null || inputs[1] === undefined ? null : builder.constantOf(inputs[1]);
  const found =
    attribute ??
    (axes === null ? Array.from({ length: rank }, (_, axis) => axis) : Array.from(axes.data, Number));
  return found.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** int64 of x's shape: each element's place in x's flat data. */
function elementPositions(builder: BackwardContext['builder'], ops: GraphOps, x: GraphValue): GraphValue {
  const size = required(builder.node('Size', [x]), 0);
  const flat = builder.node('Range', [ops.constant(int64([0], [])), size, ops.constant(int64([1], []))]);
  return withType(builder, required(builder.node('Reshape', [required(flat, 0), ops.shape(x)]), 0), {
    name: x.name,
    type: { dtype: 'int64', shape: x.type.shape },
  });
}

/** Zeros of x's shape with `gradient` added at `positions` (places in x's flat data). */
function scatterRows(
  builder: BackwardContext['builder'],
  ops: GraphOps,
  x: GraphValue,
  positions: GraphValue,
  gradient: GraphValue,
): GraphValue {
  const size = builder.node('Reshape', [required(builder.node('Size', [x]), 0), ops.constant(int64([1]))]);
  const zeros = builder.node('ConstantOfShape', size, {
    attributes: { value: { kind: 'tensor', value: float32([0]) } },
  });
  const summed = builder.node(
    'ScatterElements',
    [required(zeros, 0), ops.reshape(positions, [-1]), ops.reshape(gradient, [-1])],
    { attributes: { axis: int(0), reduction: text('add') } },
  );
  return withType(builder, required(builder.node('Reshape', [required(summed, 0), ops.shape(x)]), 0), x);
}

function axisOf(node: Node, otherwise = 0): number {
  const axis = node.attributes.axis;
  return axis?.kind === 'int' ? axis.value : otherwise;
}

function intsOf(attribute: Attribute | undefined): readonly number[] | null {
  return attribute?.kind === 'ints' ? attribute.value : null;
}
