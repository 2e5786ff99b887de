/** Nodes that nothing reads, left out: rules give gradients of every input, also of masks and constants. */
import type { Graph, Node } from '../../core/graph/ir.js';

export function withoutUnreadNodes(graph: Graph): Graph {
  const read = new Set(graph.outputs);
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => read.has(name))) return false;
    for (const name of namesReadBy(node)) read.add(name);
    return true;
  });
  return { ...graph, nodes: nodes.reverse() };
}

/** With the names that its subgraphs read, those from outside among them. */
function namesReadBy({ inputs, attributes }: Node): string[] {
  const bodies = Object.values(attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? [attribute.value] : [],
  );
  return [...inputs, ...bodies.flatMap((body) => [...body.nodes.flatMap(namesReadBy), ...body.outputs])];
}
