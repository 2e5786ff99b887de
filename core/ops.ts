/**
 * The op vocabulary. A network is written once, as a function over `Ops<T>`, and interpreted: `GraphOps` (T is a value
 * of a graph under construction) gives the static graph; `OrtEagerOps` and `TfjsOps` compute at once.
 *
 * Each op means what the ONNX operator of the same name means (opset 17 unless said otherwise). Element-wise ops
 * broadcast as NumPy does. Axes may be negative. Shapes stand in the comments as [outer, ..., inner].
 */
import type { DType, Tensor } from './tensor.js';

export interface LstmInputs<T> {
  /** [time, batch, input] */
  readonly x: T;
  /** [directions, 4*hidden, input], gates in ONNX's order: input, output, forget, cell */
  readonly weight: T;
  /** [directions, 4*hidden, hidden] */
  readonly recurrence: T;
  /** [directions, 8*hidden]: the input biases, then the recurrence biases */
  readonly bias: T;
  /** int32 [batch]; steps at or after a row's length do not change its states, and their outputs are 0 */
  readonly lengths: T;
}

export interface LstmOutputs<T> {
  /** [time, directions, batch, hidden] */
  readonly y: T;
  /** [directions, batch, hidden]: forward at the row's last step, reverse at its first */
  readonly lastHidden: T;
  /** [directions, batch, hidden] */
  readonly lastCell: T;
}

export interface Ops<T> {
  constant(tensor: Tensor): T;

  // Element-wise arithmetic
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  neg(x: T): T;
  sqrt(x: T): T;
  exp(x: T): T;
  log(x: T): T;
  tanh(x: T): T;
  sigmoid(x: T): T;
  relu(x: T): T;
  erf(x: T): T;

  // Comparison and choice; equal and less give bool, where takes it
  equal(a: T, b: T): T;
  less(a: T, b: T): T;
  where(condition: T, a: T, b: T): T;
  cast(x: T, dtype: DType): T;

  // Linear algebra and normalisation
  /** [..., m, k] x [..., k, n] -> [..., m, n] */
  matMul(a: T, b: T): T;
  softmax(x: T, axis: number): T;
  logSoftmax(x: T, axis: number): T;
  /** Over the last axis: (x - mean) / sqrt(variance + epsilon) * scale + bias */
  layerNormalization(x: T, scale: T, bias: T, epsilon: number): T;

  // Shape and movement
  /** indices int32 or int64; [..., axis, ...] with the axis replaced by the indices' shape */
  gather(data: T, indices: T, axis: number): T;
  /** 0 keeps the dimension at its place, one -1 is inferred */
  reshape(x: T, shape: readonly number[]): T;
  transpose(x: T, permutation: readonly number[]): T;
  concat(xs: readonly T[], axis: number): T;
  /** Elements start <= i < end of one axis; negative counts from the end; `end` past the axis means all of it */
  slice(x: T, axis: number, start: number, end: number): T;
  split(x: T, axis: number, sizes: readonly number[]): T[];
  unsqueeze(x: T, axes: readonly number[]): T;
  squeeze(x: T, axes: readonly number[]): T;
  /** The dimensions of x, int64 [rank] */
  shape(x: T): T;
  /** Broadcast x to a shape given as a value, int64 [rank] */
  expand(x: T, shape: T): T;
  cumSum(x: T, axis: number): T;

  // Reductions
  reduceSum(x: T, axes: readonly number[], keepDims: boolean): T;
  reduceMean(x: T, axes: readonly number[], keepDims: boolean): T;
  reduceMax(x: T, axes: readonly number[], keepDims: boolean): T;

  // Recurrence
  /** The first lengths[b] elements of axis 0 of x [time, batch, ...] reversed per row; lengths int64 [batch] */
  reverseSequence(x: T, lengths: T): T;
  /** One LSTM layer; as many directions as the weights' first axis has, 1 (forward) or 2 (and reverse) */
  lstm(inputs: LstmInputs<T>, hidden: number, directions: 1 | 2): LstmOutputs<T>;
}
