/** Builds a graph node by node; every value is typed as soon as it exists. */
import type { DType, Tensor } from '../tensor.js';
import type { Attribute, Dimension, Graph, Node, ValueType } from './ir.js';
import { inferNode } from './shape-inference.js';

export interface GraphValue {
  readonly name: string;
  readonly type: ValueType;
}

export interface NodeOptions {
  /** How many outputs, or their names ('' where an optional one is absent); one by default. */
  readonly outputs?: number | readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

/** Small constants with equal contents are one initializer; larger ones are not compared. */
const sharedConstantBytes = 256;

/** What a builder and those of its subgraphs, which may read its values, know together. */
interface Shared {
  readonly names: Set<string>;
  /** Values that a node reads. */
  readonly read: Set<string>;
  /** Values that became outputs of another name, by the name that they had. */
  readonly renamed: Map<string, string>;
}

export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: string[] = [];
  readonly #outputs: string[] = [];
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #types = new Map<string, ValueType>();
  readonly #constants = new Map<string, GraphValue>();
  readonly #shared: Shared;
  readonly #outer: GraphBuilder | null;

  constructor(name: string, outer: GraphBuilder | null = null) {
    this.#name = name;
    this.#outer = outer;
    this.#shared = outer === null ? { names: new Set(), read: new Set(), renamed: new Map() } : outer.#shared;
  }

  /**
   * A builder for a subgraph (a Scan's body). Its nodes may read this graph's values; ONNX forbids a name to mean two
   * things where both are visible, so both builders draw from one set of names.
   */
  subgraph(name: string): GraphBuilder {
    return new GraphBuilder(this.unique(name), this);
  }

  input(name: string, dtype: DType, shape: readonly Dimension[]): GraphValue {
    const value = this.#declare(name, { dtype, shape });
    this.#inputs.push(name);
    return value;
  }

  /** A named parameter. */
  initializer(name: string, tensor: Tensor): GraphValue {
    const value = this.#declare(name, { dtype: tensor.dtype, shape: tensor.shape });
    this.#initializers.set(name, tensor);
    return value;
  }

  /** An initializer with a name of its own. */
  constant(tensor: Tensor): GraphValue {
    const key =
      tensor.data.byteLength > sharedConstantBytes
        ? null
        : `${tensor.dtype}[${tensor.shape.join(',')}]${Array.from(tensor.data as ArrayLike<number | bigint>, (v) => (Object.is(v, -0) ? '-0' : String(v))).join(',')}`;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const value = this.initializer(this.unique('constant'), tensor);
    if (key !== null) this.#constants.set(key, value);
    return value;
  }

  /** Adds a node; gives its outputs, typed by inference. null stands for an optional input that is absent. */
  node(opType: string, inputs: readonly (GraphValue | null)[], options: NodeOptions = {}): GraphValue[] {
    const { outputs = 1, attributes = {}, domain = '' } = options;
    const name = this.unique(opType);
    const names =
      typeof outputs === 'number'
        ? Array.from({ length: outputs }, (_, index) =>
            outputs === 1 ? `${name}_out` : `${name}_out${String(index)}`,
          )
        : outputs;
    const node: Node = {
      name,
      domain,
      opType,
      inputs: inputs.map((input) => (input === null ? '' : this.#nameOf(input))),
      outputs: names.map((output) => (typeof outputs === 'number' ? this.unique(output) : output)),
      attributes,
    };
    const types = inferNode(node, this);
    this.#nodes.push(node);
    for (const input of node.inputs) this.#shared.read.add(input);
    return node.outputs.map((output, index) => {
      const type = types[index] ?? { dtype: 'float32', shape: null };
      return output === '' ? { name: output, type } : this.#declare(output, type);
    });
  }

  /** Declares a graph output of this name. */
  output(name: string, value: GraphValue): void {
    const from = this.#nameOf(value);
    if (name !== from) {
      this.#declare(name, value.type);
      const producer = this.#nodes.findLastIndex((node) => node.outputs.includes(from));
      const node = this.#nodes[producer];
      if (node !== undefined && !this.#outputs.includes(from) && !this.#shared.read.has(from)) {
        this.#nodes[producer] = {
          ...node,
          outputs: node.outputs.map((output) => (output === from ? name : output)),
        };
        this.#types.delete(from);
        this.#shared.renamed.set(from, name);
      } else {
        this.#nodes.push({
          name: this.unique('Identity'),
          domain: '',
          opType: 'Identity',
          inputs: [from],
          outputs: [name],
          attributes: {},
        });
      }
    }
    this.#outputs.push(name);
  }

  /** The same value under a type that is known better than inference could tell. */
  assume(value: GraphValue, type: ValueType): GraphValue {
    const name = this.#nameOf(value);
    this.#types.set(name, type);
    return { name, type };
  }

  /** A name that no value or node of this graph has. */
  unique(stem: string): string {
    let name = stem;
    for (let n = 1; this.#shared.names.has(name); n += 1) name = `${stem}_${String(n)}`;
    this.#shared.names.add(name);
    return name;
  }

  typeOf(name: string): ValueType | undefined {
    return this.#types.get(name) ?? this.#outer?.typeOf(name);
  }

  /** The contents of a value that is an initializer; null of any other. */
  constantOf({ name }: Pick<GraphValue, 'name'>): Tensor | null {
    return this.#initializers.get(name) ?? this.#outer?.constantOf({ name }) ?? null;
  }

  build(): Graph {
    return {
      name: this.#name,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      nodes: [...this.#nodes],
      initializers: new Map(this.#initializers),
      types: new Map(this.#types),
    };
  }

  #declare(name: string, type: ValueType): GraphValue {
    if (this.#types.has(name)) throw new RangeError(`the graph ${this.#name} already has a value ${name}`);
    this.#shared.names.add(name);
    this.#types.set(name, type);
    return { name, type };
  }

  #nameOf({ name }: GraphValue): string {
    return this.#shared.renamed.get(name) ?? name;
  }
}
