/** Losses, written over the op vocabulary; each gives a scalar, the mean over the batch. */
import type { Ops } from '../core/ops.js';

export interface LossInputs<T> {
  readonly logits: T;
  readonly targets: T;
}

export type Loss = <T>(ops: Ops<T>, inputs: LossInputs<T>) => T;

/** -sum_k targets_k log softmax(logits)_k, the mean over the batch. */
export const crossEntropy: Loss = (ops, { logits, targets }) => {
  const rows = ops.reduceSum(ops.mul(ops.logSoftmax(logits, -1), targets), [1], false); // [batch]
  return ops.neg(ops.reduceMean(rows, [0], false));
};

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
