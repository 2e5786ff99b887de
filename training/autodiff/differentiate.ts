/**
 * Reverse-mode differentiation as a graph transformation: a forward graph with a scalar loss in, a graph that yields
 * the loss and its gradients out.
 *
 * Node by node the forward graph is written again (a rule may emit a form that keeps what its gradient needs), then
 * the nodes are visited from the last to the first, each rule turning the gradients of its outputs into those of its
 * inputs; gradients that meet at a value are added. Source: Baydin et al., Automatic Differentiation in Machine
 * Learning, 2018, section 3.2.
 */
import { fail } from '../../core/errors.js';
import { GraphBuilder, type GraphValue } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import type { Graph, Node } from '../../core/graph/ir.js';
import { float32 } from '../../core/tensor.js';
import { type GradientRule, required } from './rule.js';
import { gradientRules } from './rules.js';
import { rowsOf } from './shapes.js';
import { withoutUnreadNodes } from './unread-nodes.js';

export interface DifferentiateOptions {
  /** The float32 scalar among the graph's outputs to differentiate. */
  readonly loss: string;
  /** The graph inputs to differentiate by. */
  readonly parameters: readonly DifferentiableParameter[];
}

export interface DifferentiableParameter {
  readonly name: string;
  /**
   * True for a table [rows, width] that is only ever gathered from by row: its gradient is then the gradient of the
   * gathered rows beside their indices, and nothing of the table's size is computed.
   */
  readonly rowSparse?: boolean;
}

/** Names of the outputs that hold one parameter's gradient. */
export type GradientOutput =
  | { readonly kind: 'dense'; readonly gradient: string }
  /** gradient [...indices' shape, width]; a row that is gathered twice appears twice. */
  | { readonly kind: 'rows'; readonly gradient: string; readonly indices: string };

export interface Differentiated {
  /** Outputs: what the forward graph gave, then the gradients. */
  readonly graph: Graph;
  readonly gradients: ReadonlyMap<string, GradientOutput>;
}

/**
 * @throws RetortError gradient_missing where an operator between a parameter and the loss has no rule, or where a
 * parameter does not reach the loss; gradient_table_misused where a row-sparse table is not only gathered from
 */
export function differentiate(forward: Graph, { loss, parameters }: DifferentiateOptions): Differentiated {
  const builder = new GraphBuilder(`${forward.name}_gradient`);
  const ops = new GraphOps(builder);
  const written = rewriteForward(forward, builder, ops);
  const valueOf = (name: string) => written.values.get(name) ?? null;

  const tables = new Set(parameters.filter(({ rowSparse }) => rowSparse === true).map(({ name }) => name));
  const wanted = dependents(
    forward,
    parameters.map(({ name }) => name),
  );
  const gradients = new Map<string, GraphValue>([[loss, ops.constant(float32([1], []))]]);
  const tableGradients = new Map<string, { gradient: GraphValue; indices: GraphValue }[]>();

  for (const node of forward.nodes.toReversed()) {
    const arriving = node.outputs.map((name) => gradients.get(name) ?? null);
    if (arriving.every((gradient) => gradient === null) || !node.inputs.some((name) => wanted.has(name)))
      continue;
    const table = node.inputs.find((name) => tables.has(name));
    if (table !== undefined) {
      const [data = '', indices = ''] = node.inputs;
      if (node.opType !== 'Gather' || data !== table || gatherAxis(node) !== 0) {
        throw fail('gradient_table_misused', { parameter: table, node: node.name, operator: node.opType });
      }
      const rows = { gradient: required(arriving, 0), indices: required([valueOf(indices)], 0) };
      tableGradients.set(table, [...(tableGradients.get(table) ?? []), rows]);
      continue;
    }
    const rule = ruleOf(node);
    if (rule === undefined)
      throw fail('gradient_missing', { what: `operator ${node.opType} (node ${node.name})` });
    const found = rule.backward({
      builder,
      ops,
      node,
      inputs: node.inputs.map(valueOf),
      outputs: node.outputs.map(valueOf),
      gradients: arriving,
      saved: written.saved.get(node.name) ?? {},
    });
    node.inputs.forEach((name, index) => {
      const gradient = found[index] ?? null;
      if (gradient === null || !wanted.has(name)) return;
      const sofar = gradients.get(name);
      gradients.set(name, sofar === undefined ? gradient : ops.add(sofar, gradient));
    });
  }

  for (const name of forward.outputs) builder.output(name, required([valueOf(name)], 0));
  const outputs = new Map<string, GradientOutput>();
  for (const { name } of parameters) {
    const rows = tableGradients.get(name);
    const dense = gradients.get(name);
    if (rows !== undefined) outputs.set(name, tableOutput(builder, ops, name, rows));
    else if (dense !== undefined) {
      builder.output(`${name}.gradient`, dense);
      outputs.set(name, { kind: 'dense', gradient: `${name}.gradient` });
    } else throw fail('gradient_missing', { what: `parameter ${name}: the loss does not depend on it` });
  }
  return { graph: withoutUnreadNodes(builder.build()), gradients: outputs };
}

interface Rewritten {
  readonly values: ReadonlyMap<string, GraphValue>;
  /** What rules kept, by node name. */
  readonly saved: ReadonlyMap<string, Readonly<Record<string, GraphValue>>>;
}

function rewriteForward(forward: Graph, builder: GraphBuilder, ops: GraphOps): Rewritten {
  const values = new Map<string, GraphValue>();
  const saved = new Map<string, Readonly<Record<string, GraphValue>>>();
  for (const name of forward.inputs) {
    const type = forward.types.get(name);
    if (type?.shape == null) throw fail('gradient_shape_unknown', { value: name });
    values.set(name, builder.input(name, type.dtype, type.shape));
  }
  for (const [name, tensor] of forward.initializers) values.set(name, builder.initializer(name, tensor));
  for (const node of forward.nodes) {
    const inputs = node.inputs.map((name) => values.get(name) ?? null);
    const rule = ruleOf(node);
    if (rule?.forward !== undefined) {
      const emitted = rule.forward({ builder, ops, node, inputs });
      node.outputs.forEach((name, index) => {
        const [value, type] = [required(emitted.outputs, index), forward.types.get(name)];
        values.set(name, type === undefined ? value : builder.assume(value, type));
      });
      saved.set(node.name, emitted.saved);
    } else {
      const { domain, attributes } = node;
      const outputs = builder.node(node.opType, inputs, { outputs: node.outputs.length, attributes, domain });
      node.outputs.forEach((name, index) => values.set(name, required(outputs, index)));
    }
  }
  return { values, saved };
}

function ruleOf({ domain, opType }: Node): GradientRule | undefined {
  return gradientRules.get(domain === '' ? opType : `${domain}:${opType}`);
}

/** Names of the values that depend on a parameter, the parameters with them. */
function dependents(graph: Graph, parameters: readonly string[]): ReadonlySet<string> {
  const found = new Set(parameters);
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => found.has(name))) for (const name of node.outputs) found.add(name);
  }
  return found;
}

function tableOutput(
  builder: GraphBuilder,
  ops: GraphOps,
  name: string,
  rows: readonly { gradient: GraphValue; indices: GraphValue }[],
): GradientOutput {
  const flat = rows.map(({ gradient, indices }) => ({
    gradient: rowsOf(ops, gradient),
    indices: ops.reshape(indices, [-1]),
  }));
  const output = { kind: 'rows', gradient: `${name}.gradient`, indices: `${name}.gradient_rows` } as const;
  builder.output(
    output.gradient,
    ops.concat(
      flat.map(({ gradient }) => gradient),
      0,
    ),
  );
  builder.output(
    output.indices,
    ops.concat(
      flat.map(({ indices }) => indices),
      0,
    ),
  );
  return output;
}

function gatherAxis(node: Node): number {
  const axis = node.attributes.axis;
  return axis?.kind === 'int' ? axis.value : 0;
}
