/** A network's loss and gradients by TensorFlow.js's own differentiation: what ours are held to. */
import * as tf from '@tensorflow/tfjs';
import { fromTensor, TfjsOps } from '../../core/engines/tfjs-ops.js';
import type { Tensor } from '../../core/tensor.js';
import type { BoundNetwork } from '../../models/networks.js';
import type { Gradient } from '../../training/gradients.js';
import { crossEntropy } from '../../training/losses.js';
import type { ParameterStore } from '../../training/parameters.js';

export interface TfjsGradients {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

export function tfjsGradients(
  network: BoundNetwork,
  parameters: ParameterStore,
  inputs: Readonly<Record<string, Tensor>>,
  masks: Readonly<Record<string, Tensor>>,
  targets: Tensor,
): TfjsGradients {
  const names = network.parameters.map(({ name }) => name);
  const bind = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, fromTensor(value)]));
  const ops = new TfjsOps();
  const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
    const bound = Object.fromEntries(names.map((name, k) => [name, values[k]!]));
    const { logits } = network.forward(ops, bound, bind(inputs), bind(masks));
    return crossEntropy(ops, { logits: logits!, targets: fromTensor(targets) }) as tf.Scalar;
  })(names.map((name) => fromTensor(parameters.tensors().get(name)!)));
  return {
    loss: value.dataSync()[0]!,
    gradients: new Map(names.map((name, k) => [name, grads[k]!.dataSync() as Float32Array])),
  };
}

/** A gradient as an array of the parameter's size. */
export function dense(gradient: Gradient, size: number): Float32Array {
  if (gradient.kind === 'dense') return gradient.values;
  const { rows, values, width } = gradient;
  const found = new Float32Array(size);
  rows.forEach((row, place) => {
    found.set(values.subarray(place * width, (place + 1) * width), row * width);
  });
  return found;
}
