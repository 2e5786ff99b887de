/** Names that nodes read and hold, in their subgraphs too. */
import type { Node } from '../../core/graph/ir.js';
import { valuesRead } from '../../core/graph/order.js';

/** What a node's subgraphs read of the graph around them. */
export function subgraphValues({ attributes }: Node): Set<string> {
  const values = new Set<string>();
  for (const attribute of Object.values(attributes))
    if (attribute.kind === 'graph') {
      const { nodes, inputs, initializers, outputs } = attribute.value;
      const own = new Set([...inputs, ...initializers.keys(), ...nodes.flatMap((node) => node.outputs)]);
      for (const name of [...nodes.flatMap(valuesRead), ...outputs]) if (!own.has(name)) values.add(name);
    }
  return values;
}

export function collectNames(node: Node, names: Set<string>): void {
  for (const name of [node.name, ...node.inputs, ...node.outputs]) names.add(name);
  for (const attribute of Object.values(node.attributes))
    if (attribute.kind === 'graph') {
      for (const name of [...attribute.value.inputs, ...attribute.value.initializers.keys()]) names.add(name);
      for (const inner of attribute.value.nodes) collectNames(inner, names);
    }
}
