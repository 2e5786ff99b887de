/** What holds of every graph that was read: one giver a value, every value given, nodes after those they read from. */
import { fail } from '../errors.js';
import type { Graph, Node } from './ir.js';

/**
 * The graph with its nodes in topological order: as they stood where they stood so; its subgraphs likewise.
 * @param outer values that it may read though it does not give them: those of the graphs around it
 * @throws RetortError graph_name_duplicated, graph_value_missing, graph_cyclic
 */
export function checkedGraph(graph: Graph, outer: ReadonlySet<string> = new Set()): Graph {
  const given = givers(graph);
  const known = new Set([...outer, ...given.keys()]);
  const nodes = graph.nodes.map((node) => withSubgraphs(node, known));
  const reads = nodes.map(valuesRead);
  for (const [index, node] of nodes.entries()) {
    const missing = reads[index]?.find((name) => !known.has(name));
    if (missing !== undefined)
      throw fail('graph_value_missing', {
        graph: graph.name,
        name: missing,
        reader: `the node ${node.name}`,
      });
  }
  const unmade = graph.outputs.find((name) => !known.has(name));
  if (unmade !== undefined)
    throw fail('graph_value_missing', { graph: graph.name, name: unmade, reader: 'the output' });
  return { ...graph, nodes: ordered(graph.name, nodes, reads, given) };
}

/** Values that a node reads, within its subgraphs too. */
export function valuesRead(node: Node): string[] {
  const inner = Object.values(node.attributes).flatMap((attribute) => {
    if (attribute.kind !== 'graph') return [];
    const own = new Set(givers(attribute.value).keys());
    return [...attribute.value.nodes.flatMap(valuesRead), ...attribute.value.outputs].filter(
      (name) => !own.has(name),
    );
  });
  return [...node.inputs.filter((name) => name !== ''), ...inner];
}

/** By value: the place of the node that gives it, -1 for inputs and initializers. */
function givers(graph: Graph): Map<string, number> {
  const given = new Map<string, number>();
  const give = (name: string, by: number) => {
    if (given.has(name)) throw fail('graph_name_duplicated', { graph: graph.name, name });
    given.set(name, by);
  };
  for (const name of graph.inputs) give(name, -1);
  for (const name of graph.initializers.keys()) give(name, -1);
  for (const [index, { outputs }] of graph.nodes.entries())
    for (const name of outputs) if (name !== '') give(name, index);
  return given;
}

function withSubgraphs(node: Node, known: ReadonlySet<string>): Node {
  const entries = Object.entries(node.attributes);
  if (entries.every(([, { kind }]) => kind !== 'graph')) return node;
  const checked = entries.map(([key, attribute]): (typeof entries)[number] =>
    attribute.kind === 'graph'
      ? [key, { kind: 'graph', value: checkedGraph(attribute.value, known) }]
      : [key, attribute],
  );
  return { ...node, attributes: Object.fromEntries(checked) };
}

function ordered(
  graph: string,
  nodes: readonly Node[],
  reads: readonly (readonly string[])[],
  given: ReadonlyMap<string, number>,
): readonly Node[] {
  const sources = reads.map((names) =>
    names.map((name) => given.get(name) ?? -1).filter((index) => index >= 0),
  );
  if (sources.every((indices, at) => indices.every((index) => index < at))) return nodes;
  const state = new Uint8Array(nodes.length);
  const [open, placed] = [1, 2];
  const order: Node[] = [];
  const stack: number[] = [];
  for (const start of nodes.keys()) {
    if (state[start] !== placed) stack.push(start);
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const node = nodes[at];
      if (node === undefined || state[at] === placed) {
        stack.pop();
        continue;
      }
      const waiting = (sources[at] ?? []).filter((index) => state[index] !== placed);
      if (waiting.some((index) => state[index] === open) || waiting.includes(at))
        throw fail('graph_cyclic', { graph, node: node.name });
      if (waiting.length === 0) {
        state[at] = placed;
        order.push(node);
        stack.pop();
      } else {
        state[at] = open;
        stack.push(...waiting.toReversed());
      }
    }
  }
  return order;
}
