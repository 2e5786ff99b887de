/**
 * GELU, spelt by the error function as networks spell it, as one node: its forward is then one kernel, and its gradient
 * a rule that reads the input alone.
 */
import type { Graph, Node } from '../../core/graph/ir.js';
import { withoutUnreadNodes } from './unread-nodes.js';

/** x (erf(x / sqrt(2)) + 1) / 2 becomes Gelu(x). */
export function fuseGelu(graph: Graph): Graph {
  const givers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const scalar = (name: string, value: number) => {
    const tensor = graph.initializers.get(name);
    return tensor?.data.length === 1 && Math.fround(value) === tensor.data[0];
  };
  /** The other input of a node that gives `name` of an operator and a constant. */
  const before = (name: string | undefined, opType: string, constant: number): string | null => {
    const node = givers.get(name ?? '');
    const [a, b] = node?.inputs ?? [];
    return node?.opType === opType && a !== undefined && b !== undefined && scalar(b, constant) ? a : null;
  };
  const geluOf = ({ outputs: [out] }: Node): string | null => {
    const product = givers.get(before(out, 'Mul', 0.5) ?? '');
    const [x, cdf] = product?.opType === 'Mul' ? product.inputs : [];
    const erf = givers.get(before(cdf, 'Add', 1) ?? '');
    const scaled = erf?.opType === 'Erf' ? before(erf.inputs[0], 'Div', Math.SQRT2) : null;
    return x !== undefined && scaled === x ? x : null;
  };
  const nodes = graph.nodes.map((node) => {
    const x = geluOf(node);
    return x === null ? node : { ...node, domain: 'com.microsoft', opType: 'Gelu', inputs: [x] };
  });
  return withoutUnreadNodes({ ...graph, nodes });
}
