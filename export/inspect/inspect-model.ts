/** What `retort inspect` tells of an ONNX file. */
import { withoutDefaults } from '../../core/graph/defaults.js';
import { describeModel, type StoredTensor } from '../../core/graph/onnx-file.js';
import type { Graph, ValueType } from '../../core/graph/ir.js';
import { sizeOf } from '../../core/tensor.js';
import { formulaOf, type Term } from './formula.js';
import { operatorName, profileAt, type Profile } from './profile.js';
import { completed, type Sizes, symbolsOf } from './symbols.js';

export interface ModelReport {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Nodes by operator, those of subgraphs too; the most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  readonly nodes: number;
  /** Functions of the model's own. */
  readonly functions: number;
  readonly parameters: { readonly tensors: number; readonly elements: number; readonly bytes: number };
  readonly largest: readonly StoredTensor[];
  readonly symbols: readonly string[];
  readonly profiles: readonly Profile[];
  /** Of floating-point operations and of bytes moved, in the symbols; null where they are no polynomial. */
  readonly formulas: { readonly flops: readonly Term[] | null; readonly bytes: readonly Term[] | null };
}

export interface Port {
  readonly name: string;
  readonly type: ValueType | null;
}

const largestTensors = 10;
const defaultLengths = [16, 64, 128];

/**
 * Reads neither the data of large tensors nor what lies between them.
 * @param shapes sizes of open dimensions, a profile for each; some lengths where there is none
 * @throws RetortError of the file; graph_symbol_unknown
 */
export async function inspectModel(file: string, shapes: readonly Sizes[]): Promise<ModelReport> {
  const { model, tensors, files } = await describeModel(file);
  const graph = withoutDefaults(model.graph);
  const symbols = symbolsOf(graph);
  const stored = new Map(tensors.map(({ name, bytes }) => [name, bytes]));
  const wanted =
    shapes.length > 0
      ? shapes.map((sizes) => completed(graph, sizes, defaultLengths[1] ?? 1))
      : defaultLengths.map((length) => completed(graph, {}, length));
  const distinct = [...new Map(wanted.map((sizes) => [JSON.stringify(sizes), sizes])).values()];
  const known = new Map<string, Profile>();
  const at = (sizes: readonly number[]) => {
    const named = Object.fromEntries(symbols.map((name, place) => [name, sizes[place] ?? 1]));
    const found = known.get(sizes.join()) ?? profileAt(graph, named, stored);
    known.set(sizes.join(), found);
    return found;
  };
  const port = (name: string): Port => ({ name, type: graph.types.get(name) ?? null });
  const operators = new Map<string, number>();
  countOperators(graph, operators);
  return {
    files,
    irVersion: model.irVersion,
    opsets: Object.fromEntries(
      Array.from(model.opsets, ([domain, version]) => [domain === '' ? 'ai.onnx' : domain, version]),
    ),
    producer: model.producer,
    metadata: Object.fromEntries(model.metadata),
    inputs: model.graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    operators: Object.fromEntries([...operators].sort(([, a], [, b]) => b - a)),
    nodes: [...operators.values()].reduce((sum, count) => sum + count, 0),
    functions: model.functions.length,
    parameters: {
      tensors: tensors.length,
      elements: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    largest: tensors.toSorted((a, b) => b.bytes - a.bytes).slice(0, largestTensors),
    symbols,
    profiles: distinct.map((sizes) => profileAt(graph, sizes, stored)),
    formulas: {
      flops: formulaOf(symbols, (sizes) => at(sizes).flops),
      bytes: formulaOf(symbols, (sizes) => at(sizes).bytes),
    },
  };
}

function countOperators({ nodes }: Graph, counts: Map<string, number>): void {
  for (const node of nodes) {
    counts.set(operatorName(node), (counts.get(operatorName(node)) ?? 0) + 1);
    for (const attribute of Object.values(node.attributes))
      if (attribute.kind === 'graph') countOperators(attribute.value, counts);
  }
}
