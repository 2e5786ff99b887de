/** Optional outputs that nothing reads are declared absent, so that a kernel need not compute or keep them. */
import type { Graph } from '../../core/graph/ir.js';

/** Operators whose outputs are all optional. */
const optionalOutputs = new Set(['LSTM', 'GRU', 'RNN']);

export function dropUnusedOutputs(graph: Graph): Graph {
  const read = new Set([...graph.outputs, ...graph.nodes.flatMap(({ inputs }) => inputs)]);
  const nodes = graph.nodes.map((node) => {
    if (!optionalOutputs.has(node.opType)) return node;
    return { ...node, outputs: node.outputs.map((name) => (read.has(name) ? name : '')) };
  });
  return { ...graph, nodes };
}
