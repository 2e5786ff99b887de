/**
 * Floating-point operations and bytes of one node, by the shapes of what it reads and gives.
 *
 * A multiplication with its addition counts as two. An element-wise operator counts one an element, a softmax 5, a
 * normalisation 8, a GELU 8; reductions one an element read; what only moves elements none. Bytes are those of all that
 * is read and given, as if nothing stayed in a cache; of a table, the rows that are gathered.
 */
import type { Node, ValueType } from '../../core/graph/ir.js';

export interface Cost {
  /** null where an operator is not known, or a shape is not. */
  readonly flops: number | null;
  readonly bytes: number | null;
}

export interface NodeTypes {
  /** In the node's order; null where one is absent or its shape has an open dimension. */
  readonly inputs: readonly (Sized | null)[];
  readonly outputs: readonly (Sized | null)[];
}

/** A value of which every dimension is known. */
export interface Sized {
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
}

export function sizedType(type: ValueType | undefined, bytesOf: (elements: number) => number): Sized | null {
  const shape = type?.shape;
  if (!shape?.every((size) => typeof size === 'number')) return null;
  const elements = shape.reduce((product, size) => product * size, 1);
  return { shape, elements, bytes: bytesOf(elements) };
}

/** They give what they read under another shape: nothing is moved. */
export const views: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

export function costOf(node: Node, types: NodeTypes): Cost {
  return { flops: flopsOf(node, types), bytes: bytesOf(node, types) };
}

type Flops = (types: NodeTypes, node: Node) => number | null;

function flopsOf(node: Node, types: NodeTypes): number | null {
  if (node.domain === '' && free.has(node.opType)) return 0;
  const rule = node.domain === '' || node.domain === 'com.microsoft' ? rules[node.opType] : undefined;
  const found = rule?.(types, node) ?? null;
  return found === null || !Number.isFinite(found) ? null : found;
}

/** Operators that move or make elements, and what computes shapes. */
const free: ReadonlySet<string> = new Set([
  ...views,
  'Cast',
  'Concat',
  'Constant',
  'ConstantOfShape',
  'Expand',
  'Gather',
  'GatherElements',
  'GatherND',
  'NonZero',
  'Pad',
  'Range',
  'ReverseSequence',
  'ScatterElements',
  'ScatterND',
  'Shape',
  'Size',
  'Slice',
  'Split',
  'Tile',
  'TopK',
  'Transpose',
  'Trilu',
  'If',
  'Loop',
  'Scan',
]);

const perOutput =
  (operations: number): Flops =>
  ({ outputs: [out] }) =>
    out == null ? null : operations * out.elements;
const perInput =
  (operations: number): Flops =>
  ({ inputs: [x] }) =>
    x == null ? null : operations * x.elements;

/** [..., m, k] x [..., k, n]: 2 m n k a matrix. */
const product: Flops = ({ inputs: [a], outputs: [out] }, { attributes }) => {
  if (a == null || out == null) return null;
  const isTurned = attributes.transA?.value === 1;
  return 2 * out.elements * (a.shape.at(isTurned ? -2 : -1) ?? 1);
};

const convolution: Flops = ({ inputs: [, weight], outputs: [out] }) =>
  weight == null || out == null ? null : (2 * out.elements * weight.elements) / (weight.shape[0] ?? 1);

/** x [T, B, I], recurrence [D, gates H, H] or, quantised, [D, H, gates H]: 2 gates H (I + H) a step and direction. */
const recurrence =
  (gates: number): Flops =>
  ({ inputs: [x, , r] }) => {
    if (x == null || r == null) return null;
    const [steps = 0, batch = 0, width = 0] = x.shape;
    const hidden = Math.min(r.shape[1] ?? 0, r.shape[2] ?? 0);
    return 2 * gates * hidden * (width + hidden) * steps * batch * (r.shape[0] ?? 1);
  };

/** x [B, T, I], weights [I, 3H]: the projection, then queries with keys and their weights with the values. */
const packedAttention: Flops = ({ inputs: [x, weights], outputs: [out] }) => {
  if (x == null || weights == null || out == null) return null;
  const [, time = 0] = x.shape;
  return 2 * x.elements * (weights.shape[1] ?? 0) + 4 * out.elements * time;
};

/** Queries [B, T, H] or [B, N, T, d], keys likewise: every query with every key, and their weights with the values. */
const attention: Flops = ({ inputs: [query, key] }) => {
  if (query == null) return null;
  const keys = key ?? query;
  return 4 * query.elements * (keys.shape.at(-2) ?? 0);
};

const rules: Readonly<Record<string, Flops>> = {
  ...forAll(
    [
      'MatMul',
      'Gemm',
      'MatMulInteger',
      'QLinearMatMul',
      'FusedMatMul',
      'FusedGemm',
      'DynamicQuantizeMatMul',
      'MatMulIntegerToFloat',
      'MatMulNBits',
    ],
    product,
  ),
  ...forAll(['Conv', 'ConvInteger', 'FusedConv'], convolution),
  LSTM: recurrence(4),
  DynamicQuantizeLSTM: recurrence(4),
  GRU: recurrence(3),
  RNN: recurrence(1),
  ...forAll(['Attention', 'QAttention'], (types, node) =>
    node.domain === '' ? attention(types, node) : packedAttention(types, node),
  ),
  MultiHeadAttention: attention,
  ...forAll(['Softmax', 'LogSoftmax'], perOutput(5)),
  ...forAll(
    [
      'LayerNormalization',
      'SimplifiedLayerNormalization',
      'RMSNormalization',
      'SkipLayerNormalization',
      'EmbedLayerNormalization',
      'QEmbedLayerNormalization',
      'BatchNormalization',
      'Gelu',
      'FastGelu',
      'BiasGelu',
    ],
    perOutput(8),
  ),
  ...forAll(
    [
      'ReduceSum',
      'ReduceMean',
      'ReduceMax',
      'ReduceMin',
      'ReduceProd',
      'ReduceL2',
      'ReduceSumSquare',
      'ArgMax',
      'ArgMin',
      'CumSum',
      'DynamicQuantizeLinear',
    ],
    perInput(1),
  ),
  ...forAll(
    [
      ...[
        'Abs',
        'Neg',
        'Sqrt',
        'Exp',
        'Log',
        'Tanh',
        'Sigmoid',
        'Relu',
        'Erf',
        'Sign',
        'Reciprocal',
        'Floor',
      ],
      ...['Ceil', 'Round', 'Sin', 'Cos', 'Softplus', 'Elu', 'LeakyRelu', 'HardSigmoid', 'Clip', 'Dropout'],
      ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Mod', 'Sum', 'Mean', 'Where', 'Not', 'IsNaN'],
      ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Xor'],
      ...['QuantizeLinear', 'DequantizeLinear', 'QuickGelu', 'BiasAdd'],
    ],
    perOutput(1),
  ),
};

function forAll(names: readonly string[], rule: Flops): Record<string, Flops> {
  return Object.fromEntries(names.map((name) => [name, rule]));
}

function bytesOf({ opType, domain, inputs, outputs }: Node, types: NodeTypes): number | null {
  if (domain === '' && (views.has(opType) || opType === 'Shape' || opType === 'Constant')) return 0;
  const given = outputs.map((name, place) => (name === '' ? 0 : (types.outputs[place]?.bytes ?? null)));
  const read = inputs.map((name, place) => (name === '' ? 0 : (types.inputs[place]?.bytes ?? null)));
  const whole = known([...given, ...tables(opType, read, given[0] ?? null)]);
  return whole;
}

/** Of a table the rows that are given; the whole of every other input. */
function tables(
  opType: string,
  read: readonly (number | null)[],
  given: number | null,
): readonly (number | null)[] {
  if (opType.startsWith('Gather')) return [given, ...read.slice(1)];
  // ids, segments, then the tables of words, positions and segments
  if (opType.endsWith('EmbedLayerNormalization'))
    return read.map((bytes, place) => (place >= 2 && place <= 4 && bytes !== 0 ? given : bytes));
  return read;
}

function known(bytes: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const one of bytes) {
    if (one === null) return null;
    sum += one;
  }
  return sum;
}
