/** Losses, written over the op vocabulary; each gives a scalar, the mean over the batch. */
import type { Ops } from '../core/ops.js';
import { float32 } from '../core/tensor.js';

export interface LossInputs<T> {
  readonly logits: T;
  readonly targets: T;
}

export interface Loss {
  <T>(ops: Ops<T>, inputs: LossInputs<T>): T;
  /** How often the classes stand side by side in a row of targets; once where nothing is said. */
  readonly parts?: number;
}

/** -sum_k targets_k log softmax(logits)_k, the mean over the batch. */
export const crossEntropy: Loss = (ops, { logits, targets }) => {
  const rows = ops.reduceSum(ops.mul(ops.logSoftmax(logits, -1), targets), [1], false); // [batch]
  return ops.neg(ops.reduceMean(rows, [0], false));
};

/**
 * -T^2 sum_k p_k log softmax(logits / T)_k - sum_k q_k log softmax(logits)_k, the mean over the batch. A row of targets
 * holds p, the teacher's probabilities at the temperature T, then q, the label's; each is weighed already. T^2 keeps the
 * first part's gradients as large as they are at T = 1. Source: Hinton, Vinyals and Dean, 2015, section 2.
 */
export function distillation(temperature: number): Loss {
  const loss = <T>(ops: Ops<T>, { logits, targets }: LossInputs<T>): T => {
    const factor = (value: number) => ops.constant(float32([value], []));
    const soft = ops.logSoftmax(ops.mul(logits, factor(1 / temperature)), -1);
    const both = ops.concat([ops.mul(soft, factor(temperature ** 2)), ops.logSoftmax(logits, -1)], 1);
    const rows = ops.reduceSum(ops.mul(both, targets), [1], false); // [batch]
    return ops.neg(ops.reduceMean(rows, [0], false));
  };
  return Object.assign(loss, { parts: 2 });
}

/** (logits - targets)^2, the mean over batch and classes. */
export const meanSquaredError: Loss = (ops, { logits, targets }) => {
  const difference = ops.sub(logits, targets);
  return ops.reduceMean(ops.mul(difference, difference), [0, 1], false);
};

export const losses = { 'cross-entropy': crossEntropy, mse: meanSquaredError } as const satisfies Record<
  string,
  Loss
>;

export type LossName = keyof typeof losses;

/** Whether targets have a part for the teacher and one for the label: where the temperature is that of one alone. */
export function isSoftened({ loss, temperature = 1 }: LossSettings): boolean {
  return loss === 'cross-entropy' && temperature !== 1;
}

export interface LossSettings {
  readonly loss: LossName;
  /** Of what teachers say; 1 where nothing is said. */
  readonly temperature?: number;
}

export function lossOf(settings: LossSettings): Loss {
  return isSoftened(settings) ? distillation(settings.temperature ?? 1) : losses[settings.loss];
}
