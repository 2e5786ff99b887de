/**
 * The graph of the op vocabulary, which is written for opset 17, as another opset has it. Before 17 there is no
 * LayerNormalization:
 *
 *     y = (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias
 *
 * Since 18 reductions take their axes as an input. Source: the changelog of ONNX's operators.
 */
import { fail } from '../../core/errors.js';
import { int, ints } from '../../core/graph/attributes.js';
import { GraphBuilder, type GraphValue } from '../../core/graph/builder.js';
import type { Attribute, Graph, Node } from '../../core/graph/ir.js';
import { defaultIrVersion, defaultOpset } from '../../core/graph/onnx.js';
import { float32, int64 } from '../../core/tensor.js';

/** Older opsets have axes and the softmax otherwise; newer ones the runtime does not read. */
export const exportOpsets = { oldest: 13, newest: 26 } as const;
/** The newest that the runtime reads. */
const newestIrVersion = 13;
/** The IR version that came with an opset. Source: ONNX's table of versions. */
const irVersions: readonly (readonly [opset: number, irVersion: number])[] = [
  [13, 7],
  [15, 8],
  [19, 9],
  [21, 10],
  [23, 11],
  [24, 12],
  [25, 13],
];

export interface FileVersions {
  readonly opset: number;
  readonly irVersion: number;
}

/**
 * The versions of a file, with those that are not asked for.
 * @throws RetortError opset_outside, export_ir_version_outside
 */
export function fileVersions({ opset = defaultOpset, irVersion }: Partial<FileVersions>): FileVersions {
  const { oldest, newest } = exportOpsets;
  if (opset < oldest || opset > newest)
    throw fail('opset_outside', { opset, stage: 'an export', oldest, newest });
  const least = irVersions.findLast(([since]) => since <= opset)?.[1] ?? newestIrVersion;
  const version = irVersion ?? Math.max(least, defaultIrVersion);
  if (version < least || version > newestIrVersion)
    throw fail('export_ir_version_outside', { version, opset, oldest: least, newest: newestIrVersion });
  return { opset, irVersion: version };
}

export function toOpset(graph: Graph, opset: number): Graph {
  if (opset === defaultOpset) return graph;
  const builder = new GraphBuilder(graph.name);
  const values = new Map<string, GraphValue>();
  for (const name of graph.nodes.flatMap(({ outputs }) => outputs)) if (name !== '') builder.unique(name);
  for (const name of graph.inputs) {
    const type = graph.types.get(name);
    if (type?.shape == null) throw new RangeError(`the input ${name} has no type`);
    values.set(name, builder.input(name, type.dtype, type.shape));
  }
  for (const [name, value] of graph.initializers) values.set(name, builder.initializer(name, value));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name) ?? null);
    const found = (rewriteOf(node, opset) ?? asItIs)(builder, node, inputs);
    node.outputs.forEach((name, place) => {
      const [value, type] = [found[place], graph.types.get(name)];
      if (value !== undefined) values.set(name, type === undefined ? value : builder.assume(value, type));
    });
  }
  for (const name of graph.outputs) {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`nothing gives the output ${name}`);
    builder.output(name, value);
  }
  return builder.build();
}

type Rewrite = (builder: GraphBuilder, node: Node, inputs: readonly (GraphValue | null)[]) => GraphValue[];

const asItIs: Rewrite = (builder, { opType, outputs, attributes, domain }, inputs) =>
  builder.node(opType, inputs, { outputs, attributes, domain });

function rewriteOf({ opType, domain }: Node, opset: number): Rewrite | undefined {
  if (domain !== '') return undefined;
  if (opset < 17 && opType === 'LayerNormalization') return openLayerNormalization;
  return opset >= 18 && /^Reduce(Mean|Max)$/.test(opType) ? axesAsInput : undefined;
}

const axesAsInput: Rewrite = (builder, { opType, outputs, attributes: { axes, ...others } }, inputs) => {
  const given = axes?.kind === 'ints' ? [builder.constant(int64(axes.value))] : [];
  return builder.node(opType, [...inputs, ...given], { outputs, attributes: others });
};

const openLayerNormalization: Rewrite = (builder, { outputs, attributes }, [x, scale, bias]) => {
  const epsilon = attributes.epsilon?.kind === 'float' ? attributes.epsilon.value : 1e-5;
  const one = (opType: string, inputs: (GraphValue | null)[], more: Record<string, Attribute> = {}) =>
    builder.node(opType, inputs, { attributes: more })[0] ?? null;
  const last = { axes: ints([-1]), keepdims: int(1) };
  const centred = one('Sub', [x ?? null, one('ReduceMean', [x ?? null], last)]);
  const variance = one('ReduceMean', [one('Mul', [centred, centred])], last);
  const deviation = one('Sqrt', [one('Add', [variance, builder.constant(float32([epsilon], []))])]);
  const scaled = one('Mul', [one('Div', [centred, deviation]), scale ?? null]);
  return builder.node('Add', [scaled, bias ?? null], { outputs });
};
