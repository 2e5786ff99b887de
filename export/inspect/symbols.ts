/** The open dimensions of a graph's inputs, and sizes for them. */
import { fail } from '../../core/errors.js';
import type { Dimension, Graph, ValueType } from '../../core/graph/ir.js';

/** By the name of a dimension. One that has no name is called after its input and axis: `input_ids.1`. */
export type Sizes = Readonly<Record<string, number>>;

/** In the order in which the inputs name them. */
export function symbolsOf(graph: Graph): string[] {
  const found = graph.inputs.flatMap((input) =>
    (graph.types.get(input)?.shape ?? []).flatMap((size, axis) =>
      typeof size === 'number' ? [] : [symbolAt(input, size, axis)],
    ),
  );
  return [...new Set(found)];
}

function symbolAt(input: string, size: string | null, axis: number): string {
  return size ?? `${input}.${String(axis)}`;
}

/** The graph with sizes in the place of the symbols of its types, which other values share with the inputs. */
export function sized(graph: Graph, sizes: Sizes): Graph {
  const inputs = new Set(graph.inputs);
  const types = Array.from(graph.types, ([name, type]): [string, ValueType] => {
    const shape = type.shape?.map((size, axis): Dimension => {
      if (typeof size === 'number') return size;
      const symbol = inputs.has(name) ? symbolAt(name, size, axis) : size;
      return symbol === null ? null : (sizes[symbol] ?? size);
    });
    return [name, { dtype: type.dtype, shape: shape ?? null }];
  });
  return { ...graph, types: new Map(types) };
}

/**
 * Sizes for every symbol: those that are given; for others, `batch` where a first axis or its name tells of one, else
 * `length`.
 * @throws RetortError graph_symbol_unknown
 */
export function completed(graph: Graph, given: Sizes, length: number, batch = 1): Record<string, number> {
  const symbols = symbolsOf(graph);
  const stranger = Object.keys(given).find((name) => !symbols.includes(name));
  if (stranger !== undefined)
    throw fail('graph_symbol_unknown', { name: stranger, known: symbols.join(', ') || 'none' });
  const first = new Set(
    graph.inputs.flatMap((input) => {
      const [size] = graph.types.get(input)?.shape ?? [];
      return size === undefined || typeof size === 'number' ? [] : [symbolAt(input, size, 0)];
    }),
  );
  return Object.fromEntries(
    symbols.map((name) => [name, given[name] ?? (/batch/i.test(name) || first.has(name) ? batch : length)]),
  );
}
