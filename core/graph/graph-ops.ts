/** The op vocabulary over a graph under construction: every method adds the ONNX operator (opset 17) that it names. */
import type { LstmInputs, LstmOutputs, Ops } from '../ops.js';
import { type DType, int64, type Tensor } from '../tensor.js';
import { float, int, ints, text } from './attributes.js';
import type { GraphBuilder, GraphValue, NodeOptions } from './builder.js';
import { onnxDataTypes } from './data-types.js';

export class GraphOps implements Ops<GraphValue> {
  readonly #builder: GraphBuilder;

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  constant(tensor: Tensor): GraphValue {
    return this.#builder.constant(tensor);
  }

  add(a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('Add', [a, b]);
  }
  sub(a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('Sub', [a, b]);
  }
  mul(a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('Mul', [a, b]);
  }
  div(a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('Div', [a, b]);
  }
  neg(x: GraphValue): GraphValue {
    return this.#one('Neg', [x]);
  }
  sqrt(x: GraphValue): GraphValue {
    return this.#one('Sqrt', [x]);
  }
  exp(x: GraphValue): GraphValue {
    return this.#one('Exp', [x]);
  }
  log(x: GraphValue): GraphValue {
    return this.#one('Log', [x]);
  }
  tanh(x: GraphValue): GraphValue {
    return this.#one('Tanh', [x]);
  }
  sigmoid(x: GraphValue): GraphValue {
    return this.#one('Sigmoid', [x]);
  }
  relu(x: GraphValue): GraphValue {
    return this.#one('Relu', [x]);
  }
  erf(x: GraphValue): GraphValue {
    return this.#one('Erf', [x]);
  }

  equal(a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('Equal', [a, b]);
  }
  less(a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('Less', [a, b]);
  }
  where(condition: GraphValue, a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('Where', [condition, a, b]);
  }
  cast(x: GraphValue, dtype: DType): GraphValue {
    return this.#one('Cast', [x], { attributes: { to: int(onnxDataTypes[dtype]) } });
  }

  matMul(a: GraphValue, b: GraphValue): GraphValue {
    return this.#one('MatMul', [a, b]);
  }
  softmax(x: GraphValue, axis: number): GraphValue {
    return this.#one('Softmax', [x], { attributes: { axis: int(axis) } });
  }
  logSoftmax(x: GraphValue, axis: number): GraphValue {
    return this.#one('LogSoftmax', [x], { attributes: { axis: int(axis) } });
  }
  layerNormalization(x: GraphValue, scale: GraphValue, bias: GraphValue, epsilon: number): GraphValue {
    return this.#one('LayerNormalization', [x, scale, bias], {
      attributes: { axis: int(-1), epsilon: float(epsilon) },
    });
  }

  gather(data: GraphValue, indices: GraphValue, axis: number): GraphValue {
    return this.#one('Gather', [data, indices], { attributes: { axis: int(axis) } });
  }
  reshape(x: GraphValue, shape: readonly number[]): GraphValue {
    return this.#one('Reshape', [x, this.#integers(shape)]);
  }
  transpose(x: GraphValue, permutation: readonly number[]): GraphValue {
    return this.#one('Transpose', [x], { attributes: { perm: ints(permutation) } });
  }
  concat(xs: readonly GraphValue[], axis: number): GraphValue {
    return this.#one('Concat', xs, { attributes: { axis: int(axis) } });
  }
  slice(x: GraphValue, axis: number, start: number, end: number): GraphValue {
    return this.#one('Slice', [x, this.#integers([start]), this.#integers([end]), this.#integers([axis])]);
  }
  split(x: GraphValue, axis: number, sizes: readonly number[]): GraphValue[] {
    const attributes = { axis: int(axis) };
    return this.#builder.node('Split', [x, this.#integers(sizes)], { outputs: sizes.length, attributes });
  }
  unsqueeze(x: GraphValue, axes: readonly number[]): GraphValue {
    return this.#one('Unsqueeze', [x, this.#integers(axes)]);
  }
  squeeze(x: GraphValue, axes: readonly number[]): GraphValue {
    return this.#one('Squeeze', [x, this.#integers(axes)]);
  }
  shape(x: GraphValue): GraphValue {
    return this.#one('Shape', [x]);
  }
  expand(x: GraphValue, shape: GraphValue): GraphValue {
    return this.#one('Expand', [x, shape]);
  }
  cumSum(x: GraphValue, axis: number): GraphValue {
    return this.#one('CumSum', [x, this.constant(int64([axis], []))]);
  }

  reduceSum(x: GraphValue, axes: readonly number[], keepDims: boolean): GraphValue {
    return this.#one('ReduceSum', [x, this.#integers(axes)], {
      attributes: { keepdims: int(Number(keepDims)) },
    });
  }
  // ReduceMean and ReduceMax take their axes as an attribute until opset 18.
  reduceMean(x: GraphValue, axes: readonly number[], keepDims: boolean): GraphValue {
    return this.#one('ReduceMean', [x], {
      attributes: { axes: ints(axes), keepdims: int(Number(keepDims)) },
    });
  }
  reduceMax(x: GraphValue, axes: readonly number[], keepDims: boolean): GraphValue {
    return this.#one('ReduceMax', [x], { attributes: { axes: ints(axes), keepdims: int(Number(keepDims)) } });
  }

  reverseSequence(x: GraphValue, lengths: GraphValue): GraphValue {
    return this.#one('ReverseSequence', [x, lengths], {
      attributes: { time_axis: int(0), batch_axis: int(1) },
    });
  }
  lstm(inputs: LstmInputs<GraphValue>, hidden: number, directions: 1 | 2): LstmOutputs<GraphValue> {
    const { x, weight, recurrence, bias, lengths } = inputs;
    const [y, lastHidden, lastCell] = this.#builder.node('LSTM', [x, weight, recurrence, bias, lengths], {
      outputs: 3,
      attributes: {
        hidden_size: int(hidden),
        direction: text(directions === 2 ? 'bidirectional' : 'forward'),
      },
    });
    if (y === undefined || lastHidden === undefined || lastCell === undefined)
      throw new RangeError('LSTM has three outputs');
    return { y, lastHidden, lastCell };
  }

  #one(opType: string, inputs: readonly GraphValue[], options?: NodeOptions): GraphValue {
    const [output] = this.#builder.node(opType, inputs, options);
    if (output === undefined) throw new RangeError(`${opType} has an output`);
    return output;
  }

  #integers(values: readonly number[]): GraphValue {
    return this.constant(int64(values));
  }
}
