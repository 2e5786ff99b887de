/** What each input of a foreign graph takes, told by its name, type and shape, and by the tables it is looked up in. */
import { fail } from '../../../core/errors.js';
import { requiredInputs } from '../../../core/graph/defaults.js';
import type { Dimension, Graph } from '../../../core/graph/ir.js';
import type { DType } from '../../../core/tensor.js';

export const inputKinds = ['ids', 'mask', 'types', 'positions', 'lengths', 'numbers'] as const;

export type InputKind = (typeof inputKinds)[number];

export interface InputPlan {
  readonly name: string;
  readonly kind: InputKind;
  readonly dtype: DType;
  readonly shape: readonly Dimension[];
  /** Integers are below it: the rows of the smallest table that they index. */
  readonly below: number;
}

const defaultBelow: Readonly<Record<InputKind, number>> = {
  ids: 100,
  mask: 2,
  types: 2,
  positions: 512,
  lengths: 2,
  numbers: 2,
};

/**
 * Inputs with a default are left out.
 * @param said kinds by input, where the names do not tell
 * @throws RetortError optimizer_inputs_unknown
 */
export function planInputs(graph: Graph, said: Readonly<Record<string, InputKind>>): InputPlan[] {
  return requiredInputs(graph).map((name) => {
    const type = graph.types.get(name);
    const kind =
      said[name] ?? (type === undefined ? null : kindOf(name, type.dtype, type.shape?.length ?? 0));
    if (kind === null || type?.shape == null)
      throw fail('optimizer_inputs_unknown', { name, kinds: inputKinds.join(', ') });
    const rows = kind === 'mask' || kind === 'lengths' ? null : rowsIndexed(graph, name);
    return { name, kind, dtype: type.dtype, shape: type.shape, below: rows ?? defaultBelow[kind] };
  });
}

function kindOf(name: string, dtype: DType, rank: number): InputKind | null {
  if (/mask/i.test(name) || dtype === 'bool') return 'mask';
  if (dtype.startsWith('float')) return 'numbers';
  if (/len/i.test(name) || rank === 1) return 'lengths';
  if (/pos/i.test(name)) return 'positions';
  if (/type|segment|sent_ids/i.test(name)) return 'types';
  return rank === 2 ? 'ids' : null;
}

/** Operators through which an index is followed to the table. */
const carriers: readonly string[] = [
  'Cast',
  'Identity',
  'Transpose',
  'Reshape',
  'Unsqueeze',
  'Squeeze',
  'Gather',
];

/** Of the tables that are indexed with a value, the fewest rows; null where none is. */
export function rowsIndexed(graph: Graph, value: string): number | null {
  const rows = graph.nodes.flatMap((node) => {
    const [first, second] = node.inputs;
    const [output] = node.outputs;
    const table = graph.initializers.get(first ?? '');
    if (node.opType === 'Gather' && second === value && table?.shape.length === 2)
      return [table.shape[0] ?? 0];
    if (first !== value || output === undefined || !carriers.includes(node.opType)) return [];
    const found = rowsIndexed(graph, output);
    return found === null ? [] : [found];
  });
  return rows.length === 0 ? null : Math.min(...rows);
}

/** Rows of the smallest table that is indexed with what the graph computes itself, which are positions. */
export function longestSequence(graph: Graph, plans: readonly InputPlan[]): number | null {
  const fromInputs = new Set(plans.map(({ name }) => name));
  for (const { opType, inputs, outputs } of graph.nodes)
    if (carriers.includes(opType) && fromInputs.has(inputs[0] ?? '')) fromInputs.add(outputs[0] ?? '');
  const computed = graph.nodes.flatMap(({ opType, inputs: [table = '', indices = ''] }) => {
    const shape = graph.initializers.get(table)?.shape;
    const isTable = opType === 'Gather' && shape?.length === 2;
    return isTable && !fromInputs.has(indices) && !graph.initializers.has(indices) ? [shape[0] ?? 0] : [];
  });
  const given = plans.filter(({ kind }) => kind === 'positions').map(({ below }) => below);
  const found = [...computed, ...given].filter((rows) => rows > 8);
  return found.length === 0 ? null : Math.min(...found);
}
