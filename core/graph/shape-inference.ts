/** Types of values from the types of what they are computed from. */
import type { Node, ValueType } from './ir.js';
import { elementwiseInference } from './inference/elementwise.js';
import { linearAlgebraInference } from './inference/linear-algebra.js';
import { movementInference } from './inference/movement.js';
import type { InferenceRules, TypeScope } from './inference/rule.js';

/** By operator, with its domain before a colon where it is not the standard one. */
const rules: InferenceRules = { ...elementwiseInference, ...linearAlgebraInference, ...movementInference };

/**
 * Types of a node's outputs, as far as they can be told; an operator without a rule gives none.
 * @throws RetortError graph_shape_mismatch where shapes contradict each other
 */
export function inferNode(node: Node, scope: TypeScope): readonly (ValueType | undefined)[] {
  const rule = rules[node.domain === '' ? node.opType : `${node.domain}:${node.opType}`];
  if (rule === undefined) return [];
  return rule({
    node,
    scope,
    inputs: node.inputs.map((name) => (name === '' ? null : (scope.typeOf(name) ?? null))),
    constant: (index) => {
      const name = node.inputs[index];
      return name === undefined || name === '' ? null : scope.constantOf({ name });
    },
  });
}
