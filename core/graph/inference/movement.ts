/** Operators that move, select, join or create elements, and shape arithmetic. */
import type { Dimension, Node, ValueType } from '../ir.js';
import {
  axesOf,
  broadcast,
  contradiction,
  type InferenceRule,
  type InferenceRules,
  intAttribute,
  intsAttribute,
  normalAxis,
  numbersAt,
  rankTold,
  type Shape,
} from './rule.js';

const gather: InferenceRule = ({ node, inputs: [data, indices] }) => {
  if (data == null) return [];
  if (data.shape === null || indices?.shape == null) return [{ dtype: data.dtype, shape: null }];
  const axis = normalAxis(node, intAttribute(node, 'axis', 0), data.shape.length);
  return [
    {
      dtype: data.dtype,
      shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)],
    },
  ];
};

const reshape: InferenceRule = (context) => {
  const [x, target] = context.inputs;
  if (x == null) return [];
  const wanted = numbersAt(context, 1);
  if (wanted === null) {
    const rank = rankTold(target?.shape?.[0]);
    return [
      { dtype: x.dtype, shape: typeof rank === 'number' ? Array.from({ length: rank }, () => null) : null },
    ];
  }
  const from = x.shape;
  const shape: Dimension[] = wanted.map((size, axis) =>
    size === 0 ? (from?.[axis] ?? null) : size === -1 ? null : size,
  );
  if (from === null) return [{ dtype: x.dtype, shape }];
  const open = wanted.indexOf(-1);
  const rest = open < 0 ? shape : shape.toSpliced(open, 1);
  if (isKnown(from) && isKnown(rest)) {
    const [had, asked] = [numberProduct(from), numberProduct(rest)];
    if (open < 0 ? had !== asked : asked !== 0 && had % asked !== 0)
      throw contradiction(context.node, from, wanted);
  }
  if (open >= 0) shape[open] = remaining(from, rest);
  return [{ dtype: x.dtype, shape }];
};

function isKnown(shape: Shape): boolean {
  return shape.every((dimension) => typeof dimension === 'number');
}

/** The dimension that makes two shapes hold as many elements: what is left once common factors are struck out. */
function remaining(from: Shape, to: Shape): Dimension {
  const symbols = from.filter((dimension) => typeof dimension !== 'number');
  for (const dimension of to) {
    if (typeof dimension === 'number') continue;
    const at = symbols.indexOf(dimension);
    if (dimension === null || at < 0) return null;
    symbols.splice(at, 1);
  }
  const quotient = numberProduct(from) / numberProduct(to);
  if (symbols.length === 0) return Number.isInteger(quotient) ? quotient : null;
  return symbols.length === 1 && quotient === 1 ? (symbols[0] ?? null) : null;
}

function numberProduct(shape: Shape): number {
  return shape.reduce<number>(
    (product, dimension) => (typeof dimension === 'number' ? product * dimension : product),
    1,
  );
}

const transpose: InferenceRule = ({ node, inputs: [x] }) => {
  if (x == null) return [];
  const { shape } = x;
  if (shape === null) return [x];
  const permutation = intsAttribute(node, 'perm') ?? shape.map((_, axis) => shape.length - 1 - axis);
  if (permutation.length !== shape.length) throw contradiction(node, shape, permutation);
  return [{ dtype: x.dtype, shape: permutation.map((axis) => shape[axis] ?? null) }];
};

const concat: InferenceRule = ({ node, inputs }) => {
  const [first] = inputs;
  if (first == null) return [];
  if (first.shape === null) return [first];
  const axis = normalAxis(node, intAttribute(node, 'axis', 0), first.shape.length);
  let common: Shape = first.shape;
  for (const input of inputs.slice(1)) {
    const shape = input?.shape ?? null;
    common = shape === null ? common.with(axis, null) : joined(node, common, shape, axis);
  }
  return [{ dtype: first.dtype, shape: common }];
};

/** Two shapes one behind the other on an axis; on the others they are equal. */
function joined(node: Node, a: Shape, b: Shape, axis: number): Shape {
  if (a.length !== b.length) throw contradiction(node, a, b);
  return a.map((left, at) => {
    const right = b[at] ?? null;
    if (at === axis) return typeof left === 'number' && typeof right === 'number' ? left + right : null;
    if (typeof left === 'number' && typeof right === 'number' && left !== right)
      throw contradiction(node, a, b);
    return typeof right === 'number' ? right : (left ?? right);
  });
}

const slice: InferenceRule = (context) => {
  const [x] = context.inputs;
  if (x?.shape == null) return x == null ? [] : [x];
  const { shape } = x;
  const [starts, ends] = [numbersAt(context, 1), numbersAt(context, 2)];
  const axes = context.inputs[3] == null ? starts?.map((_, axis) => axis) : numbersAt(context, 3);
  if (starts === null || ends === null || axes == null)
    return [{ dtype: x.dtype, shape: shape.map(() => null) }];
  const steps = numbersAt(context, 4) ?? starts.map(() => 1);
  const sliced = [...shape];
  axes.forEach((axis, place) => {
    const at = normalAxis(context.node, axis, shape.length);
    sliced[at] = sliceLength(shape[at] ?? null, starts[place] ?? 0, ends[place] ?? 0, steps[place] ?? 1);
  });
  return [{ dtype: x.dtype, shape: sliced }];
};

function sliceLength(size: Dimension, start: number, end: number, step: number): Dimension {
  if (typeof size !== 'number') return step === 1 && start === 0 && end >= 2 ** 31 - 1 ? size : null;
  const clamp = (value: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, step < 0 ? -1 : 0), step < 0 ? size - 1 : size);
  return Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step));
}

const split: InferenceRule = (context) => {
  const { node } = context;
  const [x] = context.inputs;
  if (x == null) return [];
  const { dtype, shape } = x;
  if (shape === null) return node.outputs.map(() => ({ dtype, shape }));
  const axis = normalAxis(node, intAttribute(node, 'axis', 0), shape.length);
  const whole = shape[axis];
  const parts = node.outputs.length;
  const even = typeof whole === 'number' ? Math.ceil(whole / parts) : null;
  const given = intsAttribute(node, 'split') ?? numbersAt(context, 1);
  if (typeof whole === 'number' && given !== null && given.reduce((a, b) => a + b, 0) !== whole)
    throw contradiction(node, shape, given);
  /** The last part has what is left. */
  const partOf = (size: number | null, place: number) =>
    size === null || typeof whole !== 'number' ? null : Math.max(0, Math.min(size, whole - place * size));
  const sizes =
    given ?? (context.inputs[1] == null ? node.outputs.map((_, place) => partOf(even, place)) : null);
  return node.outputs.map((_, index) => ({ dtype, shape: shape.with(axis, sizes?.[index] ?? null) }));
};

const unsqueeze: InferenceRule = (context) => {
  const [x] = context.inputs;
  const axes = axesOf(context, 1);
  if (x?.shape == null || axes === null) return x == null ? [] : [{ dtype: x.dtype, shape: null }];
  const rank = x.shape.length + axes.length;
  const places = new Set(axes.map((axis) => normalAxis(context.node, axis, rank)));
  const rest = [...x.shape];
  return [
    {
      dtype: x.dtype,
      shape: Array.from({ length: rank }, (_, axis) => (places.has(axis) ? 1 : (rest.shift() ?? null))),
    },
  ];
};

const squeeze: InferenceRule = (context) => {
  const [x] = context.inputs;
  const axes = axesOf(context, 1);
  if (x?.shape == null || axes === null) return x == null ? [] : [{ dtype: x.dtype, shape: null }];
  const rank = x.shape.length;
  const places = new Set(axes.map((axis) => normalAxis(context.node, axis, rank)));
  const ones = x.shape.map((dimension, axis) => (places.has(axis) ? 1 : dimension));
  if (x.shape.some((dimension, axis) => typeof dimension === 'number' && dimension !== ones[axis]))
    throw contradiction(context.node, x.shape, ones);
  return [{ dtype: x.dtype, shape: x.shape.filter((_, axis) => !places.has(axis)) }];
};

const expand: InferenceRule = (context) => {
  const [x, target] = context.inputs;
  if (x == null) return [];
  const wanted = numbersAt(context, 1);
  if (wanted !== null) return [{ dtype: x.dtype, shape: broadcast(context.node, x.shape, wanted) }];
  const rank = rankTold(target?.shape?.[0]);
  if (x.shape === null || typeof rank !== 'number') return [{ dtype: x.dtype, shape: null }];
  return [{ dtype: x.dtype, shape: Array.from({ length: Math.max(rank, x.shape.length) }, () => null) }];
};

const shapeOf: InferenceRule = ({ node, inputs: [x] }) => {
  const rank = x?.shape?.length;
  if (rank === undefined) return [{ dtype: 'int64', shape: [null] }];
  const bound = (name: string, otherwise: number) => {
    const at = intAttribute(node, name, otherwise);
    return Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
  };
  return [{ dtype: 'int64', shape: [Math.max(0, bound('end', rank) - bound('start', 0))] }];
};

const gatherTuples: InferenceRule = ({ node, inputs: [data, indices] }) => {
  if (data == null) return [];
  const width = indices?.shape?.at(-1);
  const batch = intAttribute(node, 'batch_dims', 0);
  if (data.shape === null || indices?.shape == null || typeof width !== 'number')
    return [{ dtype: data.dtype, shape: null }];
  return [{ dtype: data.dtype, shape: [...indices.shape.slice(0, -1), ...data.shape.slice(batch + width)] }];
};

const gatherElements: InferenceRule = ({ inputs: [data, indices] }) =>
  data == null ? [] : [{ dtype: data.dtype, shape: indices?.shape ?? null }];

const top: InferenceRule = (context) => {
  const [x] = context.inputs;
  if (x == null) return [];
  const count = numbersAt(context, 1)?.[0] ?? null;
  const axis = intAttribute(context.node, 'axis', -1);
  const shape = x.shape?.with(normalAxis(context.node, axis, x.shape.length), count) ?? null;
  return [
    { dtype: x.dtype, shape },
    { dtype: 'int64', shape },
  ];
};

const filled: InferenceRule = (context) => {
  const value = context.node.attributes.value;
  // Of a type that no tensor here has.
  if (value !== undefined && value.kind !== 'tensor') return [];
  const dtype = value?.value.dtype ?? 'float32';
  const sizes = numbersAt(context, 0);
  const rank = rankTold(context.inputs[0]?.shape?.[0]);
  return [
    { dtype, shape: sizes ?? (typeof rank === 'number' ? Array.from({ length: rank }, () => null) : null) },
  ];
};

const range: InferenceRule = (context) => {
  const [start, limit, delta] = [0, 1, 2].map((index) => numbersAt(context, index)?.[0]);
  const known = start !== undefined && limit !== undefined && delta !== undefined;
  const dtype = context.inputs[0]?.dtype ?? 'int64';
  return [{ dtype, shape: [known ? Math.max(0, Math.ceil((limit - start) / delta)) : null] }];
};

const flatten: InferenceRule = ({ node, inputs: [x] }) => {
  if (x?.shape == null) return x == null ? [] : [{ dtype: x.dtype, shape: [null, null] }];
  const rank = x.shape.length;
  const given = intAttribute(node, 'axis', 1);
  // The only operator that may split behind the last axis.
  const axis = given === rank ? rank : normalAxis(node, given, rank);
  return [
    { dtype: x.dtype, shape: [remaining(x.shape.slice(0, axis), []), remaining(x.shape.slice(axis), [])] },
  ];
};

const isAbsent = ({ inputs }: Node, place: number) => (inputs[place] ?? '') === '';

/** A reduction over axes, or over all where none are given; `keepdims` leaves them as 1. */
const reduce: InferenceRule = (context) => {
  const [x] = context.inputs;
  if (x == null) return [];
  const { dtype, shape } = x;
  const keep = intAttribute(context.node, 'keepdims', 1) !== 0;
  if (shape === null) return [{ dtype, shape: null }];
  const told = axesOf(context, 1) ?? (isAbsent(context.node, 1) ? [] : null);
  if (told?.length === 0 && intAttribute(context.node, 'noop_with_empty_axes', 0) === 1) return [x];
  const axes = told?.length === 0 ? shape.map((_, axis) => axis) : told;
  if (axes === null) return [{ dtype, shape: keep ? shape.map(() => null) : null }];
  const places = new Set(axes.map((axis) => normalAxis(context.node, axis, shape.length)));
  const kept = shape.map((dimension, axis) => (places.has(axis) ? 1 : dimension));
  return [{ dtype, shape: keep ? kept : shape.filter((_, axis) => !places.has(axis)) }];
};

const constantNode: InferenceRule = ({ node }) => {
  const value = node.attributes.value;
  return value?.kind === 'tensor' ? [{ dtype: value.value.dtype, shape: value.value.shape }] : [];
};

/** A Scan's outputs: its states' types, then what the body gives a step, with the scanned length among its axes. */
const scan: InferenceRule = ({ node, inputs }) => {
  const body = node.attributes.body;
  // The form of opset 8 has an input of lengths that its body has not, and an axis of batches.
  if (body?.kind !== 'graph' || body.value.inputs.length !== inputs.length) return [];
  const states = inputs.length - intAttribute(node, 'num_scan_inputs', 0);
  const scanned = inputs[states]?.shape ?? null;
  const axis = intsAttribute(node, 'scan_input_axes')?.[0] ?? 0;
  const length = scanned === null ? null : (scanned[normalAxis(node, axis, scanned.length)] ?? null);
  const outputAxes = intsAttribute(node, 'scan_output_axes') ?? [];
  return body.value.outputs.map((name, index): ValueType | undefined => {
    const type = body.value.types.get(name);
    if (index < states) return inputs[index] ?? type;
    if (type?.shape == null) return type;
    const at = normalAxis(node, outputAxes[index - states] ?? 0, type.shape.length + 1);
    return { dtype: type.dtype, shape: type.shape.toSpliced(at, 0, length) };
  });
};

export const movementInference: InferenceRules = {
  Gather: gather,
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Expand: expand,
  Shape: shapeOf,
  GatherND: gatherTuples,
  GatherElements: gatherElements,
  TopK: top,
  Size: () => [{ dtype: 'int64', shape: [] }],
  ConstantOfShape: filled,
  Range: range,
  Flatten: flatten,
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceL2: reduce,
  ReduceSumSquare: reduce,
  ReduceProd: reduce,
  Constant: constantNode,
  Scan: scan,
};
