/** What a graph computes, moves and holds at given sizes. */
import { intAttribute, intsAttribute } from '../../core/graph/inference/rule.js';
import type { Graph, Node, ValueType } from '../../core/graph/ir.js';
import { bytesPerElement } from '../../core/tensor.js';
import { GraphEditor } from '../optimize/editor.js';
import { type Cost, costOf, type Sized, sizedType, views } from './cost.js';
import { type Sizes, sized } from './symbols.js';

export interface Profile {
  readonly sizes: Sizes;
  readonly flops: number;
  /** Read and written by all nodes. */
  readonly bytes: number;
  /** The most that computed values take at once: from the node that gives one to the last that reads it. */
  readonly activations: { readonly bytes: number; readonly node: string };
  /** By operator, in the order of `flops`. */
  readonly operators: readonly {
    readonly operator: string;
    readonly flops: number;
    readonly bytes: number;
  }[];
  /** Operators of which some node is not counted, since they or their shapes are not known. */
  readonly uncounted: readonly string[];
}

/**
 * Subgraphs count too: a Scan's body once a step, the dearer branch of an If, a Loop's body once.
 * @param storedBytes of initializers whose data type no value here has
 */
export function profileAt(graph: Graph, sizes: Sizes, storedBytes: ReadonlyMap<string, number>): Profile {
  const scope = new Scope(sized(graph, sizes), storedBytes, null);
  const tally = new Map<string, { flops: number; bytes: number }>();
  const uncounted = new Set<string>();
  for (const { operator, cost } of scope.costs()) {
    if (cost.flops === null || cost.bytes === null) uncounted.add(operator);
    const sum = tally.get(operator) ?? { flops: 0, bytes: 0 };
    tally.set(operator, { flops: sum.flops + (cost.flops ?? 0), bytes: sum.bytes + (cost.bytes ?? 0) });
  }
  const operators = Array.from(tally, ([operator, cost]) => ({ operator, ...cost })).sort(
    (a, b) => b.flops - a.flops || b.bytes - a.bytes,
  );
  const total = (key: 'flops' | 'bytes') => operators.reduce((sum, one) => sum + one[key], 0);
  return {
    sizes,
    flops: total('flops'),
    bytes: total('bytes'),
    activations: scope.activations(),
    operators,
    uncounted: [...uncounted],
  };
}

export function operatorName({ domain, opType }: Node): string {
  return domain === '' ? opType : `${domain}:${opType}`;
}

interface Counted {
  readonly operator: string;
  readonly cost: Cost;
}

/** A graph with the types of its values, beside those of the graphs around it. */
class Scope {
  readonly #graph: Graph;
  readonly #stored: ReadonlyMap<string, number>;
  readonly #types: ReadonlyMap<string, ValueType>;
  readonly #initializers: Graph['initializers'];

  constructor(graph: Graph, stored: ReadonlyMap<string, number>, outer: Scope | null) {
    this.#graph = graph;
    this.#stored = stored;
    const outerTypes: ReadonlyMap<string, ValueType> = outer === null ? new Map() : outer.#types;
    const constants = outer === null ? [] : outer.#initializers;
    const editor = new GraphEditor({
      ...graph,
      types: new Map([...outerTypes, ...graph.types]),
      initializers: new Map([...constants, ...graph.initializers]),
    });
    this.#initializers = editor.initializers;
    const types = new Map(outerTypes);
    const names = [...graph.inputs, ...graph.types.keys(), ...editor.initializers.keys()];
    for (const name of [...names, ...graph.nodes.flatMap(({ outputs }) => outputs)]) {
      const type = editor.typeOf(name);
      if (type !== undefined) types.set(name, type);
    }
    this.#types = types;
  }

  costs(): Counted[] {
    return this.#graph.nodes.flatMap((node) => {
      const inputs = node.inputs.map((name) => this.#sized(name));
      const outputs = node.outputs.map((name) => this.#sized(name));
      const bodies = Object.values(node.attributes).flatMap((attribute) =>
        attribute.kind === 'graph' ? [new Scope(attribute.value, this.#stored, this).costs()] : [],
      );
      // What a node with bodies reads and gives, its bodies read and give.
      const own: Counted = {
        operator: operatorName(node),
        cost: bodies.length === 0 ? costOf(node, { inputs, outputs }) : { flops: 0, bytes: 0 },
      };
      const times = node.opType === 'Scan' ? (stepsOf(node, inputs) ?? 1) : 1;
      return [own, ...dearest(bodies).map((one) => repeated(one, times))];
    });
  }

  activations(): Profile['activations'] {
    const roots = new Map<string, string>();
    const root = (name: string) => roots.get(name) ?? name;
    const last = new Map<string, number>();
    const { nodes, outputs } = this.#graph;
    for (const [place, node] of nodes.entries()) {
      const [from = ''] = node.inputs;
      const [to = ''] = node.outputs;
      if (node.domain === '' && views.has(node.opType)) roots.set(to, root(from));
      for (const name of readBy(node)) last.set(root(name), place);
    }
    for (const name of outputs) last.set(root(name), nodes.length);
    const ending = new Map<number, string[]>();
    const live = new Map<string, number>();
    let [now, most, at] = [0, 0, ''];
    for (const [place, node] of nodes.entries()) {
      for (const name of node.outputs) {
        const isOwn = name !== '' && root(name) === name && node.opType !== 'Constant';
        const bytes = isOwn ? (this.#sized(name)?.bytes ?? 0) : 0;
        if (bytes === 0) continue;
        live.set(name, bytes);
        now += bytes;
        const end = last.get(name) ?? place;
        ending.set(end, [...(ending.get(end) ?? []), name]);
      }
      if (now > most) [most, at] = [now, node.name];
      for (const name of ending.get(place) ?? []) now -= live.get(name) ?? 0;
    }
    return { bytes: most, node: at };
  }

  #sized(name: string): Sized | null {
    const type = this.#types.get(name);
    const stored = this.#stored.get(name);
    if (stored !== undefined && type === undefined) return { shape: [], elements: 0, bytes: stored };
    return sizedType(type, (elements) => elements * bytesPerElement[type?.dtype ?? 'float32']);
  }
}

/** Values that a node reads, with those that its subgraphs might. */
function readBy(node: Node): string[] {
  const inner = Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? [...attribute.value.nodes.flatMap(readBy), ...attribute.value.outputs] : [],
  );
  return [...node.inputs, ...inner];
}

/** A Scan's first scanned input comes after its states. */
function stepsOf(node: Node, inputs: readonly (Sized | null)[]): number | null {
  const scanned = inputs[inputs.length - intAttribute(node, 'num_scan_inputs', 0)];
  return scanned?.shape.at(intsAttribute(node, 'scan_input_axes')?.[0] ?? 0) ?? null;
}

function dearest(bodies: readonly (readonly Counted[])[]): readonly Counted[] {
  const flops = (body: readonly Counted[]) => body.reduce((sum, { cost }) => sum + (cost.flops ?? 0), 0);
  return bodies.toSorted((a, b) => flops(b) - flops(a))[0] ?? [];
}

function repeated({ operator, cost: { flops, bytes } }: Counted, times: number): Counted {
  return {
    operator,
    cost: { flops: flops === null ? null : flops * times, bytes: bytes === null ? null : bytes * times },
  };
}
