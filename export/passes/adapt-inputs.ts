/**
 * A foreign encoder behind the inputs that every bundle has: masks, token types and positions, which its exporter made
 * inputs, are computed from `input_ids` and `sequence_lengths`; its output is called `logits`.
 */
import { GraphBuilder, type GraphValue } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import { withoutDefaults } from '../../core/graph/defaults.js';
import type { Graph, Model, Node } from '../../core/graph/ir.js';
import { int64 } from '../../core/tensor.js';
import { positionsOf, withinLengths } from '../../models/positions.js';

interface Given {
  readonly ids: GraphValue;
  /** [1, time] */
  readonly positions: GraphValue;
  /** [batch, time], of booleans */
  readonly within: GraphValue;
}

/** What exporters call the inputs of encoders, beside input_ids. */
const computed: Readonly<Record<string, (ops: GraphOps, given: Given) => GraphValue>> = {
  attention_mask: (_, { within }) => within,
  token_type_ids: (ops, { ids }) => ops.mul(ids, ops.constant(int64([0], []))),
  position_ids: (ops, { ids, positions }) => ops.add(ops.mul(ids, ops.constant(int64([0], []))), positions),
};

const idsName = 'input_ids';
const lengthsName = 'sequence_lengths';
const logitsName = 'logits';
/** Since which Unsqueeze takes its axes as an input. */
const oldestOpset = 13;
const classes = 2;

/** The graph, or why there is none. Inputs with a default are constants. */
export function adaptInputs({ graph: whole, opsets }: Model): Graph | string {
  const graph = withoutDefaults(whole);
  const opset = opsets.get('') ?? 0;
  if (opset < oldestOpset)
    return `its opset is ${String(opset)}, and ${String(oldestOpset)} is the oldest that is taken`;
  const reason = whyNot(graph);
  if (reason !== null) return reason;
  const [output = ''] = graph.outputs;

  const builder = new GraphBuilder(graph.name);
  for (const name of [...graph.initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)])
    if (name !== '') builder.unique(name);
  const ops = new GraphOps(builder);
  const ids = builder.input(idsName, 'int64', ['batch_size', 'sequence_length']);
  const lengths = builder.input(lengthsName, 'int32', ['batch_size']);
  const positions = positionsOf(ops, ids);
  const given: Given = { ids, positions, within: withinLengths(ops, positions, lengths) };
  for (const name of graph.inputs) {
    const dtype = graph.types.get(name)?.dtype;
    const compute = computed[name];
    if (compute !== undefined && dtype !== undefined)
      builder.output(name, ops.cast(compute(ops, given), dtype));
  }
  const adapter = builder.build();
  const renamed: Node[] =
    output === logitsName
      ? []
      : [
          {
            name: '',
            domain: '',
            opType: 'Identity',
            inputs: [output],
            outputs: [logitsName],
            attributes: {},
          },
        ];
  return {
    name: graph.name,
    inputs: [idsName, lengthsName],
    outputs: [logitsName],
    nodes: [
      ...withFreeNames(adapter.nodes, graph.nodes),
      ...graph.nodes,
      ...withFreeNames(renamed, graph.nodes),
    ],
    initializers: new Map([...adapter.initializers, ...graph.initializers]),
    types: new Map([
      ...adapter.types,
      [logitsName, { dtype: 'float32', shape: ['batch_size', classes] }] as const,
    ]),
  };
}

/** Called by what they give, and by no name of `others`: names of nodes, too, may stand once only. */
function withFreeNames(nodes: readonly Node[], others: readonly Node[]): Node[] {
  const taken = new Set(others.map(({ name }) => name));
  return nodes.map((node) => {
    let name = `adapt_${node.outputs.join('_')}`;
    while (taken.has(name)) name += '_';
    return { ...node, name };
  });
}

function whyNot({ inputs, outputs, types, nodes }: Graph): string | null {
  if (!inputs.includes(idsName)) return `its inputs are ${inputs.join(', ')}`;
  for (const name of inputs) {
    const type = types.get(name);
    if (name !== idsName && !Object.hasOwn(computed, name)) return `its input ${name} is not known`;
    if (type?.shape?.length !== 2) return `its input ${name} has not two axes`;
    if (type.shape.some((size) => typeof size === 'number')) return `the size of its input ${name} is fixed`;
    if (name === idsName && type.dtype !== 'int64') return `its ${idsName} are ${type.dtype}, not int64`;
  }
  const [output = '', ...others] = outputs;
  if (others.length > 0) return `it has ${String(outputs.length)} outputs`;
  const type = types.get(output);
  if (type?.dtype !== 'float32' || type.shape?.length !== 2 || type.shape[1] !== classes)
    return `its output ${output} is not float32 [batch, ${String(classes)}]`;
  const taken = new Set([lengthsName, ...(output === logitsName ? [] : [logitsName])]);
  const clash = nodes.flatMap((node) => node.outputs).find((name) => taken.has(name));
  return clash === undefined ? null : `it has a value that is called ${clash}`;
}
