/** The optimisers there are, with the defaults that the command line offers. */
import { adadelta } from './adadelta.js';
import { adam } from './adam.js';
import type { UpdateRule } from './optimizer.js';

interface Choice {
  readonly rule: () => UpdateRule;
  readonly learningRate: number;
}

export const optimizers = {
  adam: { rule: () => adam(), learningRate: 1e-3 },
  adamw: { rule: () => adam({ weightDecay: 0.01 }), learningRate: 1e-3 },
  adadelta: { rule: () => adadelta(), learningRate: 1 },
} as const satisfies Record<string, Choice>;

export type OptimizerName = keyof typeof optimizers;
