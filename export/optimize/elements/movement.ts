/** Operators that move elements: every element of the output is one of an input's. */
import { intAttribute, intsAttribute } from '../../../core/graph/inference/rule.js';
import { broadcastInput, type Definition, type DefinitionContext } from './definition.js';
import { numeric } from './expression.js';
import {
  asNumber,
  constant,
  divide,
  element,
  index,
  one,
  type Polynomial,
  product,
  sum,
  zero,
} from './polynomial.js';

const copied: Definition = ({ input, index }) => input(0, index);

const axisOf = ({ node }: DefinitionContext, name: string, otherwise: number, rank: number): number => {
  const axis = intAttribute(node, name, otherwise);
  return axis < 0 ? axis + rank : axis;
};

/** An index that may count from the end. */
function fromFront(index: Polynomial, length: Polynomial): Polynomial {
  const number = asNumber(index);
  return number !== null && number < 0 ? sum(index, length) : index;
}

/** By the place in row-major order, which reshaping keeps. */
const reshaped: Definition = (context) => {
  const [from, to] = [context.inputShape(0), context.shape];
  if (from === null || to === null) return null;
  // Axes that both begin with are the same axes.
  let same = 0;
  while (same < from.length && same < to.length && from[same]?.key === to[same]?.key) same += 1;
  let place = to
    .slice(same)
    .reduce((total, length, axis) => sum(product(total, length), context.index[same + axis] ?? zero), zero);
  const index: Polynomial[] = [];
  for (const length of from.slice(same).toReversed()) {
    if (index.length === from.length - same - 1) {
      index.unshift(place);
      break;
    }
    const divided = asNumber(length) === 1 ? { quotient: place, remainder: zero } : divide(place, length);
    if (divided === null) return null;
    index.unshift(divided.remainder);
    place = divided.quotient;
  }
  return context.input(0, [...context.index.slice(0, same), ...index]);
};

const transposed: Definition = ({ node, index, input }) => {
  const permutation = intsAttribute(node, 'perm') ?? index.map((_, axis) => index.length - 1 - axis);
  const from: Polynomial[] = index.map(() => zero);
  permutation.forEach((axis, place) => (from[axis] = index[place] ?? zero));
  return input(0, from);
};

const sliced: Definition = (context) => {
  const shape = context.inputShape(0);
  const starts = context.integers(1);
  if (shape === null || starts === null) return null;
  const axes = context.node.inputs[3] ? context.integers(3) : starts.map((_, axis) => constant(axis));
  const steps = context.node.inputs[4] ? context.integers(4) : starts.map(() => one);
  if (axes === null || steps === null) return null;
  const index = [...context.index];
  for (const [place, axis] of axes.entries()) {
    const number = asNumber(axis);
    const [start, step] = [starts[place], asNumber(steps[place] ?? one)];
    if (number === null || start === undefined || step === null || step < 1) return null;
    const at = number < 0 ? number + shape.length : number;
    const [length, known] = [shape[at], asNumber(start)];
    const whole = length === undefined ? null : asNumber(length);
    if (length === undefined) return null;
    // A start before the beginning is the beginning.
    const begins =
      known !== null && known < 0 && (known < -(2 ** 31) || (whole !== null && known < -whole))
        ? zero
        : fromFront(start, length);
    index[at] = sum(begins, product(constant(step), index[at] ?? zero));
  }
  return context.input(0, index);
};

const gathered: Definition = (context) => {
  const [data, indices] = [context.inputShape(0), context.inputShape(1)];
  if (data === null || indices === null) return null;
  const axis = axisOf(context, 'axis', 0, data.length);
  const middle = context.input(1, context.index.slice(axis, axis + indices.length));
  if (middle.kind !== 'number') return null;
  return context.input(0, [
    ...context.index.slice(0, axis),
    fromFront(middle.value, data[axis] ?? one),
    ...context.index.slice(axis + indices.length),
  ]);
};

const gatheredElements: Definition = (context) => {
  const data = context.inputShape(0);
  if (data === null) return null;
  // Where every element is the same number, it does not matter which.
  const any = context.input(
    0,
    data.map((length, axis) => index(`any${String(axis)}`, length)),
  );
  if (any.kind === 'number' && asNumber(any.value) !== null) return any;
  const found = context.input(1, context.index);
  if (found.kind !== 'number') return null;
  const axis = axisOf(context, 'axis', 0, data.length);
  return context.input(0, context.index.with(axis, fromFront(found.value, data[axis] ?? one)));
};

const gatheredByTuples: Definition = (context) => {
  const [data, indices] = [context.inputShape(0), context.inputShape(1)];
  const width = asNumber(indices?.at(-1) ?? zero);
  if (
    data === null ||
    indices === null ||
    width === null ||
    intAttribute(context.node, 'batch_dims', 0) !== 0
  )
    return null;
  const outer = context.index.slice(0, indices.length - 1);
  const tuple: Polynomial[] = [];
  for (let place = 0; place < width; place += 1) {
    const found = context.input(1, [...outer, constant(place)]);
    if (found.kind !== 'number') return null;
    tuple.push(fromFront(found.value, data[place] ?? one));
  }
  return context.input(0, [...tuple, ...context.index.slice(outer.length)]);
};

/** The part that an index along the axis falls into, where it is a number. */
const concatenated: Definition = (context) => {
  const { node, index } = context;
  const axis = axisOf(context, 'axis', 0, index.length);
  if (node.inputs.length === 1) return context.input(0, index);
  let place = asNumber(index[axis] ?? zero);
  if (place === null) return null;
  for (const part of node.inputs.keys()) {
    const length = asNumber(context.inputShape(part)?.[axis] ?? zero);
    if (length === null || length === 0) return null;
    if (place < length) return context.input(part, index.with(axis, constant(place)));
    place -= length;
  }
  return null;
};

/** Behind the parts before it. */
const part: Definition = (context) => {
  const { node, output, index } = context;
  const axis = axisOf(context, 'axis', 0, index.length);
  const given = node.inputs[1] ? context.integers(1) : intsAttribute(node, 'split')?.map(constant);
  const whole = context.inputShape(0)?.[axis];
  const even = whole === undefined ? null : asNumber(whole);
  const before =
    given?.slice(0, output).reduce(sum, zero) ??
    (even === null ? null : constant(output * Math.ceil(even / node.outputs.length)));
  return before === null ? null : context.input(0, index.with(axis, sum(before, index[axis] ?? zero)));
};

/** Element i of the largest is the one that index i names. */
const largest: Definition = (context) => {
  const { node, output, index } = context;
  const order = node.outputs[1] ?? '';
  if (output !== 0 || order === '') return null;
  const axis = axisOf(context, 'axis', -1, index.length);
  return context.input(0, index.with(axis, element(order, index, true)));
};

const shapeOf: Definition = ({ node, index, inputShape }) => {
  const shape = inputShape(0);
  const place = asNumber(index[0] ?? zero);
  if (shape === null || place === null) return null;
  const start = intAttribute(node, 'start', 0);
  const length = shape[place + (start < 0 ? Math.max(0, start + shape.length) : start)];
  return length === undefined ? null : numeric(length);
};

export const movementDefinitions: Readonly<Record<string, Definition>> = {
  Identity: copied,
  Expand: (context) => broadcastInput(context, 0),
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transposed,
  Slice: sliced,
  Gather: gathered,
  GatherElements: gatheredElements,
  GatherND: gatheredByTuples,
  Concat: concatenated,
  Split: part,
  TopK: largest,
  Shape: shapeOf,
};
