/** What a gradient rule is: one an operator, listed in rules.ts. */
import type { GraphBuilder, GraphValue } from '../../core/graph/builder.js';
import type { GraphOps } from '../../core/graph/graph-ops.js';
import type { Node } from '../../core/graph/ir.js';

export interface NodeContext {
  readonly builder: GraphBuilder;
  readonly ops: GraphOps;
  readonly node: Node;
  /** null where an optional input is absent */
  readonly inputs: readonly (GraphValue | null)[];
}

export interface BackwardContext extends NodeContext {
  /** null where an optional output is absent */
  readonly outputs: readonly (GraphValue | null)[];
  /** The loss's gradient by each output; null where nothing that the loss reads depends on it */
  readonly gradients: readonly (GraphValue | null)[];
  /** What `forward` kept, by name */
  readonly saved: Readonly<Record<string, GraphValue>>;
}

export interface GradientRule {
  readonly opType: string;
  /**
   * Emits the node in another form that also yields what `backward` needs. Without it the node is copied as it is.
   */
  readonly forward?: (context: NodeContext) => {
    readonly outputs: readonly GraphValue[];
    readonly saved: Readonly<Record<string, GraphValue>>;
  };
  /** The loss's gradient by each input; null where the input has none (indices, shapes, conditions). */
  readonly backward: (context: BackwardContext) => readonly (GraphValue | null)[];
}

/** The input at an index that the operator requires. */
export function required(values: readonly (GraphValue | null)[], index: number): GraphValue {
  const value = values[index];
  if (value === null || value === undefined)
    throw new RangeError(`input or output ${String(index)} is absent`);
  return value;
}
