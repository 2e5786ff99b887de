/** Inputs that a caller may leave out. */
import type { Graph } from './ir.js';

/** Those that a caller must give. */
export function requiredInputs({ inputs, defaults }: Graph): readonly string[] {
  return inputs.filter((name) => defaults?.has(name) !== true);
}

/** The graph for callers that leave them out: their values are constants. */
export function withoutDefaults({ defaults, ...graph }: Graph): Graph {
  if (defaults === undefined) return graph;
  const inputs = requiredInputs({ ...graph, defaults });
  return { ...graph, inputs, initializers: new Map([...graph.initializers, ...defaults]) };
}
