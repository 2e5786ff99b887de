/**
 * A graph that is being rewritten: who gives a value, who reads it, what is known of it. A rewrite gives its last
 * node's output the name of the value that it replaces, so that readers, outputs and subgraphs need not change.
 */
import type { Attribute, Dimension, Graph, Node, ValueType } from '../../core/graph/ir.js';
import { RetortError } from '../../core/errors.js';
import { valuesRead } from '../../core/graph/order.js';
import { inferNode } from '../../core/graph/shape-inference.js';
import { int64, type Tensor } from '../../core/tensor.js';
import { constantOf } from './constant-node.js';
import { Elements } from './elements/elements.js';
import { asNumber, index, type Polynomial } from './elements/polynomial.js';
import { namedInputs, type OpenSizes } from './named-inputs.js';
import { collectNames, subgraphValues } from './names-read.js';
import { toldShape } from './told-shapes.js';

export interface NewNode {
  readonly opType: string;
  readonly inputs: readonly string[];
  /** Names; '' is replaced by a new one. One of these by default. */
  readonly outputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

/** Names of nodes that an edit took out of the graph and put into it. */
export interface Edit {
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export class GraphEditor {
  readonly #graph: Graph;
  readonly #nodes = new Map<string, Node>();
  readonly #initializers: Map<string, Tensor>;
  readonly #types: Map<string, ValueType>;
  readonly #producers = new Map<string, Node>();
  readonly #readers = new Map<string, Set<Node>>();
  readonly #names = new Set<string>();
  /** Small constants that were made here, by their contents. */
  readonly #made = new Map<string, string>();
  readonly #composites = new Map<string, Polynomial>();
  #elements: Elements | null = null;
  /** Values that lost a reader, or are new, since `prune` looked at them: any other is read. */
  readonly #loose = new Set<string>();
  /** Names of nodes that an edit took out and put in; null where none is recorded. */
  #recorded: { readonly removed: Set<string>; readonly added: Set<string> } | null = null;

  constructor(graph: Graph, sizes: OpenSizes = 'alike') {
    this.#graph = graph;
    this.#initializers = new Map(graph.initializers);
    this.#types = new Map(graph.types);
    for (const [name, type] of namedInputs(graph, sizes)) this.#types.set(name, type);
    for (const [name, { dtype, shape }] of graph.initializers) this.#types.set(name, { dtype, shape });
    for (const name of [...graph.inputs, ...graph.initializers.keys()]) this.#names.add(name);
    for (const name of graph.initializers.keys()) this.#loose.add(name);
    for (const node of graph.nodes) collectNames(node, this.#names);
    for (const node of graph.nodes) {
      const constant = constantOf(node);
      const [output = ''] = node.outputs;
      if (constant !== null && !graph.outputs.includes(output)) this.setInitializer(output, constant);
      // Files may give two nodes one name.
      else this.#insert(this.#nodes.has(node.name) ? { ...node, name: this.unique(node.name) } : node);
    }
  }

  get outputs(): readonly string[] {
    return this.#graph.outputs;
  }

  get inputs(): readonly string[] {
    return this.#graph.inputs;
  }

  get initializers(): ReadonlyMap<string, Tensor> {
    return this.#initializers;
  }

  /** In topological order as of `inferAgain`, those that were added since behind; none that a loop adds meanwhile. */
  nodes(): Node[] {
    return [...this.#nodes.values()];
  }

  /** The node of this name, as it is now. */
  node(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  has(node: Node): boolean {
    return this.#nodes.get(node.name) === node;
  }

  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  /** Nodes that read a value, within their subgraphs too. */
  readers(value: string): Node[] {
    return [...(this.#readers.get(value) ?? [])];
  }

  /** Whether anything but these nodes reads a value, or it is an output of the graph. */
  isReadBeyond(value: string, nodes: readonly Node[]): boolean {
    return this.outputs.includes(value) || this.readers(value).some((reader) => !nodes.includes(reader));
  }

  /** The one node that reads a value, where it is not an output of the graph; null otherwise. */
  onlyReader(value: string): Node | null {
    const [first, ...others] = this.readers(value);
    return first === undefined || others.length > 0 || this.outputs.includes(value) ? null : first;
  }

  constant(value: string): Tensor | null {
    return this.#initializers.get(value) ?? null;
  }

  /** The number that a constant of one element is. */
  scalar(value: string | undefined): number | null {
    const tensor = value === undefined ? undefined : this.#initializers.get(value);
    const [first] = tensor?.data ?? [];
    return tensor === undefined || tensor.dtype === 'float16' || tensor.data.length !== 1
      ? null
      : Number(first);
  }

  /** The numbers of an integer vector or scalar of which all are known. */
  numbers(value: string): number[] | null {
    const found = this.elements.integers(value)?.map(asNumber) ?? [null];
    return found.every((number) => number !== null) ? found : null;
  }

  /** The number that every element of a small value is known to be; a truth is 0 or 1. */
  uniform(value: string): number | null {
    const shape = this.elements.shape(value);
    if (shape === null) return null;
    const found = this.elements.at(
      value,
      shape.map((length, axis) => index(`any${String(axis)}`, length)),
    );
    if (found.kind === 'number') return asNumber(found.value);
    return found.kind === 'truth' && found.truth.kind === 'always' ? Number(found.truth.value) : null;
  }

  typeOf(value: string): ValueType | undefined {
    return this.#types.get(value);
  }

  rank(value: string): number | null {
    return this.#types.get(value)?.shape?.length ?? null;
  }

  /** What values hold, in the graph as it now is. */
  get elements(): Elements {
    this.#elements ??= new Elements({
      producer: (value) => this.#producers.get(value),
      constant: (value) => this.constant(value),
      typeOf: (value) => this.typeOf(value),
      composite: (dimension) => this.#composites.get(dimension),
    });
    return this.#elements;
  }

  /** A name that nothing in the graph has, nor in its subgraphs. */
  unique(stem: string): string {
    let name = stem;
    for (let n = 1; this.#names.has(name); n += 1) name = `${stem}_${String(n)}`;
    this.#names.add(name);
    return name;
  }

  /** A new constant; a small one that was made before is used again. */
  initializer(stem: string, tensor: Tensor): string {
    const key = `${stem} ${tensor.dtype}[${tensor.shape.join()}]${tensor.data.length > 8 ? '' : tensor.data.join()}`;
    const before = this.#made.get(key);
    if (tensor.data.length <= 8 && before !== undefined && this.#initializers.has(before)) return before;
    const name = this.unique(stem);
    this.setInitializer(name, tensor);
    this.#made.set(key, name);
    return name;
  }

  /** A value that a node gave becomes a constant; the node must be removed before. */
  setInitializer(name: string, tensor: Tensor): void {
    this.#initializers.set(name, tensor);
    this.#loose.add(name);
    this.#types.set(name, { dtype: tensor.dtype, shape: tensor.shape });
    this.#elements = null;
  }

  /** What an edit changed. */
  record(edit: () => void): Edit {
    const recorded = { removed: new Set<string>(), added: new Set<string>() };
    this.#recorded = recorded;
    edit();
    this.#recorded = null;
    return { removed: [...recorded.removed], added: [...recorded.added] };
  }

  add({ opType, inputs, outputs = [''], attributes = {}, domain = '' }: NewNode): Node {
    const name = this.unique(`${opType}_${outputs.find((output) => output !== '') ?? ''}`.replace(/_$/, ''));
    const node: Node = {
      name,
      domain,
      opType,
      inputs,
      outputs: outputs.map((output) => (output === '' ? this.unique(`${name}_out`) : output)),
      attributes,
    };
    this.#insert(node);
    return node;
  }

  remove(node: Node): void {
    this.#nodes.delete(node.name);
    if (this.#recorded?.added.delete(node.name) === false) this.#recorded.removed.add(node.name);
    for (const output of node.outputs)
      if (this.#producers.get(output) === node) this.#producers.delete(output);
    for (const value of valuesRead(node)) {
      this.#readers.get(value)?.delete(node);
      this.#loose.add(value);
    }
    this.#elements = null;
  }

  /** A node under its name with other inputs, outputs or attributes. */
  update(node: Node, change: Partial<Pick<Node, 'inputs' | 'outputs' | 'attributes'>>): Node {
    const changed = { ...node, ...change };
    this.remove(node);
    this.#insert(changed);
    return changed;
  }

  /**
   * Whether readers of a value can be made to read another one instead. They cannot where it must keep its name: in a
   * subgraph; or as an output of the graph, unless the other value can take that name.
   */
  isReplaceable(value: string, by: string): boolean {
    if (this.readers(value).some((node) => subgraphValues(node).has(value))) return false;
    if (!this.outputs.includes(value)) return true;
    const isFree = this.#producers.has(by) && !this.outputs.includes(by);
    return isFree && !this.readers(by).some((node) => subgraphValues(node).has(by));
  }

  /** Lets every reader of a replaceable value read another one, and removes the node that gave it alone. */
  replace(value: string, by: string): void {
    const producer = this.#producers.get(value);
    if (producer?.outputs.every((output) => output === '' || output === value) === true)
      this.remove(producer);
    else if (producer !== undefined)
      this.update(producer, { outputs: producer.outputs.map((output) => (output === value ? '' : output)) });
    if (!this.outputs.includes(value)) this.#redirect(value, by);
    else {
      const above = this.#producers.get(by);
      if (above === undefined) throw new RangeError(`nothing gives ${by}`);
      this.update(above, { outputs: above.outputs.map((output) => (output === by ? value : output)) });
      this.#redirect(by, value);
    }
  }

  #redirect(value: string, by: string): void {
    for (const node of this.readers(value))
      this.update(node, { inputs: node.inputs.map((input) => (input === value ? by : input)) });
  }

  /** Nodes of which nothing is read, and initializers that nothing reads. Gives how many nodes. */
  prune(): number {
    let removed = 0;
    const isRead = (value: string) =>
      (this.#readers.get(value)?.size ?? 0) > 0 || this.outputs.includes(value);
    // Those that become loose meanwhile are visited too.
    for (const value of this.#loose) {
      this.#loose.delete(value);
      if (isRead(value)) continue;
      this.#initializers.delete(value);
      const node = this.#producers.get(value);
      if (node === undefined || node.outputs.some(isRead)) continue;
      this.remove(node);
      removed += 1;
    }
    return removed;
  }

  /** Infers every type again, in topological order: what became a constant since may tell shapes behind it. */
  inferAgain(): void {
    this.#elements = null;
    const ordered = this.#ordered();
    this.#nodes.clear();
    for (const node of ordered) {
      this.#nodes.set(node.name, node);
      this.#infer(node);
    }
    this.#elements = null;
  }

  /** Inputs and outputs have the types that they had: names of sizes that were made here mean nothing outside. */
  build(): Graph {
    const ordered = this.#ordered();
    const { inputs, outputs, types } = this.#graph;
    const own = [...inputs, ...outputs].flatMap((name) => {
      const type = types.get(name);
      return type === undefined ? [] : [[name, type] as const];
    });
    const known = new Set([
      ...this.#graph.inputs,
      ...this.#initializers.keys(),
      ...ordered.flatMap(({ outputs }) => outputs),
    ]);
    return {
      ...this.#graph,
      nodes: ordered,
      initializers: new Map(this.#initializers),
      types: new Map([...Array.from(this.#types).filter(([name]) => known.has(name)), ...own]),
    };
  }

  /** Nodes after those whose outputs they read; otherwise in the order in which they came. */
  #ordered(): Node[] {
    const ordered: Node[] = [];
    const placed = new Set<Node>();
    const open = this.nodes().toReversed();
    for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
      const above = placed.has(node)
        ? undefined
        : valuesRead(node)
            .map((value) => this.#producers.get(value))
            .find((producer) => producer !== undefined && !placed.has(producer));
      if (above !== undefined) open.push(above);
      else {
        open.pop();
        if (!placed.has(node)) ordered.push(node);
        placed.add(node);
      }
    }
    return ordered;
  }

  #insert(node: Node): void {
    this.#nodes.set(node.name, node);
    if (this.#recorded?.removed.delete(node.name) === false) this.#recorded.added.add(node.name);
    for (const output of node.outputs) {
      if (output === '') continue;
      this.#producers.set(output, node);
      this.#loose.add(output);
    }
    for (const value of valuesRead(node)) {
      const readers = this.#readers.get(value) ?? new Set();
      readers.add(node);
      this.#readers.set(value, readers);
    }
    this.#infer(node);
  }

  #infer(node: Node): void {
    const found = this.#inferred(node);
    node.outputs.forEach((output, place) => {
      const type = found[place];
      if (output === '' || type === undefined) return;
      const told = place === 0 ? toldShape(node, this.elements) : null;
      const shape = told?.map((length) => this.#dimension(length)) ?? type.shape;
      this.#types.set(output, { ...type, shape: merged(shape, this.#types.get(output)?.shape ?? null) });
    });
  }

  /** Nothing where a foreign graph contradicts itself: the runtime's own check names that better. */
  #inferred(node: Node): readonly (ValueType | undefined)[] {
    try {
      return inferNode(node, {
        typeOf: (name) => this.#types.get(name),
        constantOf: ({ name }) => this.constant(name) ?? this.#counted(name),
      });
    } catch (error) {
      if (error instanceof RetortError) return [];
      throw error;
    }
  }

  /** A small integer value of which every element is a known number. */
  #counted(name: string): Tensor | null {
    const numbers = this.numbers(name);
    if (numbers?.every(Number.isSafeInteger) !== true) return null;
    return int64(numbers, this.#types.get(name)?.shape?.length === 0 ? [] : [numbers.length]);
  }

  #dimension(length: Polynomial): Dimension {
    const number = asNumber(length);
    if (number !== null) return number;
    const [term, ...others] = length.terms;
    const [atom] = term?.atoms ?? [];
    if (others.length === 0 && term?.coefficient === 1 && term.atoms.length === 1 && atom?.kind === 'size')
      return atom.key;
    this.#composites.set(length.key, length);
    return length.key;
  }
}

/** What either knows of a shape; what was found now is preferred. */
function merged(
  found: readonly Dimension[] | null,
  before: readonly Dimension[] | null,
): readonly Dimension[] | null {
  if (found === null || before?.length !== found.length) return found ?? before;
  return found.map((length, axis) => length ?? before[axis] ?? null);
}
