/**
 * Eager execution on TensorFlow.js, whichever backend is set. Values are tf.Tensors, for the caller to dispose of
 * (tf.tidy, tf.engine().startScope). TensorFlow.js has no int64: those values are int32.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LstmInputs, LstmOutputs, Ops } from '../ops.js';
import { type DType, float32, int32, tensor, type Tensor, toNumbers } from '../tensor.js';

export class TfjsOps implements Ops<tf.Tensor> {
  constant(value: Tensor): tf.Tensor {
    return fromTensor(value);
  }

  add(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.add(a, b);
  }
  sub(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.sub(a, b);
  }
  mul(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.mul(a, b);
  }
  div(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.div(a, b);
  }
  neg(x: tf.Tensor): tf.Tensor {
    // tf.neg has no gradient.
    return tf.mul(x, tf.scalar(-1, x.dtype === 'int32' ? 'int32' : 'float32'));
  }
  sqrt(x: tf.Tensor): tf.Tensor {
    return tf.sqrt(x);
  }
  exp(x: tf.Tensor): tf.Tensor {
    return tf.exp(x);
  }
  log(x: tf.Tensor): tf.Tensor {
    return tf.log(x);
  }
  tanh(x: tf.Tensor): tf.Tensor {
    return tf.tanh(x);
  }
  sigmoid(x: tf.Tensor): tf.Tensor {
    return tf.sigmoid(x);
  }
  relu(x: tf.Tensor): tf.Tensor {
    return tf.relu(x);
  }
  erf(x: tf.Tensor): tf.Tensor {
    return tf.erf(x);
  }

  equal(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.equal(a, b);
  }
  less(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.less(a, b);
  }
  where(condition: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return tf.where(condition, a, b);
  }
  cast(x: tf.Tensor, dtype: DType): tf.Tensor {
    // The wasm kernel keeps a number's bits when it casts to bool.
    if (dtype === 'bool') return tf.notEqual(x, tf.scalar(0, x.dtype === 'bool' ? 'int32' : x.dtype));
    return tf.cast(x, dtype.startsWith('float') ? 'float32' : 'int32');
  }

  matMul(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    if (b.rank === 2 && a.rank > 2) {
      // One product of all rows; the gradient of a repeated operand throws.
      const [k = 0, n = 0] = b.shape;
      return tf.reshape(tf.matMul(tf.reshape(a, [-1, k]), b), [...a.shape.slice(0, -1), n]);
    }
    // The wasm kernel reads the wrong matrices where both operands repeat along different batch axes.
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const repeated = (x: tf.Tensor) =>
      x.rank === 2 ? x : tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
    return tf.matMul(repeated(a), repeated(b));
  }
  softmax(x: tf.Tensor, axis: number): tf.Tensor {
    return overLastAxis(x, axis, (last) => tf.softmax(last));
  }
  logSoftmax(x: tf.Tensor, axis: number): tf.Tensor {
    return overLastAxis(x, axis, (last) => tf.logSoftmax(last));
  }
  layerNormalization(x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.mul(centred, centred), -1, true);
    return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, epsilon))), scale), bias);
  }

  gather(data: tf.Tensor, indices: tf.Tensor, axis: number): tf.Tensor {
    const at = normalAxis(axis, data.rank);
    const size = tf.scalar(data.shape[at] ?? 0, 'int32');
    const counted = tf.where(tf.less(indices, tf.scalar(0, 'int32')), tf.add(indices, size), indices);
    return tf.gather(data, tf.cast(counted, 'int32'), at);
  }
  reshape(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
    return tf.reshape(
      x,
      shape.map((size, axis) => (size === 0 ? (x.shape[axis] ?? 0) : size)),
    );
  }
  transpose(x: tf.Tensor, permutation: readonly number[]): tf.Tensor {
    return tf.transpose(x, [...permutation]);
  }
  concat(xs: readonly tf.Tensor[], axis: number): tf.Tensor {
    return tf.concat([...xs], normalAxis(axis, xs[0]?.rank ?? 1));
  }
  slice(x: tf.Tensor, axis: number, start: number, end: number): tf.Tensor {
    const at = normalAxis(axis, x.rank);
    const size = x.shape[at] ?? 0;
    const clamp = (place: number) => Math.min(Math.max(place < 0 ? place + size : place, 0), size);
    const from = clamp(start);
    const begin = x.shape.map((_, index) => (index === at ? from : 0));
    return tf.slice(x, begin, x.shape.with(at, Math.max(0, clamp(end) - from)));
  }
  split(x: tf.Tensor, axis: number, sizes: readonly number[]): tf.Tensor[] {
    return tf.split(x, [...sizes], normalAxis(axis, x.rank));
  }
  unsqueeze(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
    const rank = x.rank + axes.length;
    const places = new Set(axes.map((axis) => normalAxis(axis, rank)));
    const rest = [...x.shape];
    return tf.reshape(
      x,
      Array.from({ length: rank }, (_, axis) => (places.has(axis) ? 1 : (rest.shift() ?? 1))),
    );
  }
  squeeze(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
    const places = new Set(axes.map((axis) => normalAxis(axis, x.rank)));
    return tf.reshape(
      x,
      x.shape.filter((_, axis) => !places.has(axis)),
    );
  }
  shape(x: tf.Tensor): tf.Tensor {
    return tf.tensor(x.shape, [x.rank], 'int32');
  }
  expand(x: tf.Tensor, shape: tf.Tensor): tf.Tensor {
    // ONNX's Expand broadcasts both ways: a 1 in the target keeps the operand's size.
    const target = Array.from(shape.dataSync());
    const rank = Math.max(x.rank, target.length);
    const sized = Array.from({ length: rank }, (_, axis) =>
      Math.max(x.shape[axis - rank + x.rank] ?? 1, target[axis - rank + target.length] ?? 1),
    );
    return tf.broadcastTo(x, sized);
  }
  cumSum(x: tf.Tensor, axis: number): tf.Tensor {
    return tf.cumsum(x, normalAxis(axis, x.rank));
  }

  reduceSum(x: tf.Tensor, axes: readonly number[], keepDims: boolean): tf.Tensor {
    return tf.sum(x, [...axes], keepDims);
  }
  reduceMean(x: tf.Tensor, axes: readonly number[], keepDims: boolean): tf.Tensor {
    return tf.mean(x, [...axes], keepDims);
  }
  reduceMax(x: tf.Tensor, axes: readonly number[], keepDims: boolean): tf.Tensor {
    return tf.max(x, [...axes], keepDims);
  }

  reverseSequence(x: tf.Tensor, lengths: tf.Tensor): tf.Tensor {
    const [time = 0, batch = 0, ...rest] = x.shape;
    const ends = lengths.dataSync();
    // Where each step of each row comes from, among the time * batch rows.
    const from = Int32Array.from({ length: time * batch }, (_, place) => {
      const [step, row] = [Math.floor(place / batch), place % batch];
      const end = ends[row] ?? 0;
      return (step < end ? end - 1 - step : step) * batch + row;
    });
    const rows = tf.reshape(x, [time * batch, ...rest]);
    return tf.reshape(tf.gather(rows, tf.tensor1d(from, 'int32')), x.shape);
  }

  lstm(
    { x, weight, recurrence, bias, lengths }: LstmInputs<tf.Tensor>,
    hidden: number,
    directions: 1 | 2,
  ): LstmOutputs<tf.Tensor> {
    const sweeps = Array.from({ length: directions }, (_, direction) => {
      const of = (value: tf.Tensor) => tf.squeeze(tf.slice(value, [direction], [1]), [0]);
      const turned = direction === 0 ? x : this.reverseSequence(x, lengths);
      const swept = this.#sweep(
        turned,
        { weight: of(weight), recurrence: of(recurrence), bias: of(bias) },
        lengths,
        hidden,
      );
      return { ...swept, y: direction === 0 ? swept.y : this.reverseSequence(swept.y, lengths) };
    });
    return {
      y: tf.stack(
        sweeps.map(({ y }) => y),
        1,
      ),
      lastHidden: tf.stack(sweeps.map(({ h }) => h)),
      lastCell: tf.stack(sweeps.map(({ c }) => c)),
    };
  }

  /** One direction, step by step; a row's states stand still, and its outputs are 0, from its length on. */
  #sweep(
    x: tf.Tensor,
    { weight, recurrence, bias }: { weight: tf.Tensor; recurrence: tf.Tensor; bias: tf.Tensor },
    lengths: tf.Tensor,
    hidden: number,
  ) {
    const [time = 0, batch = 0, input = 0] = x.shape;
    const biases = tf.sum(tf.reshape(bias, [2, 4 * hidden]), 0);
    const projected = tf.matMul(tf.reshape(x, [time * batch, input]), weight, false, true);
    const inputs = tf.reshape(tf.add(projected, biases), [time, batch, 4 * hidden]);
    // The gradient of `unstack` throws for one part.
    const steps = time === 1 ? [tf.squeeze(inputs, [0])] : tf.unstack(inputs);
    let h: tf.Tensor = tf.zeros([batch, hidden]);
    let c: tf.Tensor = tf.zeros([batch, hidden]);
    const ys: tf.Tensor[] = [];
    for (const [step, fromInput] of steps.entries()) {
      const gates = tf.add(fromInput, tf.matMul(h, recurrence, false, true));
      const [i, o, f, g] = tf.split(gates, 4, 1);
      if (i === undefined || o === undefined || f === undefined || g === undefined)
        throw new RangeError('an LSTM has four gates');
      const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      const state = tf.mul(tf.sigmoid(o), tf.tanh(cell));
      const within = tf.expandDims(tf.less(tf.scalar(step, 'int32'), lengths), 1); // [batch, 1]
      h = tf.where(within, state, h);
      c = tf.where(within, cell, c);
      ys.push(tf.where(within, state, tf.zerosLike(state)));
    }
    return { y: tf.stack(ys), h, c };
  }
}

/** A tf.Tensor of a tensor's values. */
export function fromTensor(value: Tensor): tf.Tensor {
  const shape = [...value.shape];
  switch (value.dtype) {
    case 'float32':
      return tf.tensor(value.data, shape, 'float32');
    case 'int32':
      return tf.tensor(value.data, shape, 'int32');
    case 'bool':
      return tf.tensor(value.data, shape, 'bool');
    default:
      return tf.tensor(toNumbers(value), shape, value.dtype.startsWith('float') ? 'float32' : 'int32');
  }
}

/** The values of a tf.Tensor: float32, int32 or bool. */
export async function toTensor(value: tf.Tensor): Promise<Tensor> {
  const data = await value.data();
  if (value.dtype === 'bool') return tensor('bool', Uint8Array.from(data), value.shape);
  return value.dtype === 'int32' ? int32(data, value.shape) : float32(data, value.shape);
}

/** Softmax and its logarithm exist over the last axis only: another axis is brought there and back. */
function overLastAxis(x: tf.Tensor, axis: number, compute: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const at = normalAxis(axis, x.rank);
  if (at === x.rank - 1) return compute(x);
  const swap = x.shape.map((_, index) => (index === at ? x.rank - 1 : index === x.rank - 1 ? at : index));
  return tf.transpose(compute(tf.transpose(x, swap)), swap);
}

function normalAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
