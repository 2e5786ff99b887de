/** The operators that have a gradient, in families: adding one is a rule in its family's file. */
import type { GradientRule } from './rule.js';
import { elementwiseRules } from './rules/elementwise.js';
import { linearAlgebraRules } from './rules/linear-algebra.js';
import { lstmRule } from './rules/lstm.js';
import { movementRules } from './rules/movement.js';

export const gradientRules: ReadonlyMap<string, GradientRule> = new Map(
  [...elementwiseRules, ...linearAlgebraRules, ...movementRules, lstmRule].map((rule) => [rule.opType, rule]),
);
