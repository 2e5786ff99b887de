/**
 * The graph IR: ONNX's own model (nodes over named values, one static single assignment) as plain immutable data.
 * A graph decoded from any ONNX file, one built by GraphOps and one rewritten by a pass are the same type.
 */
import type { DType, Tensor } from '../tensor.js';

/** A dimension: a size, a symbol (`batch_size`; equal symbols are equal sizes), or null where nothing is known. */
export type Dimension = number | string | null;

/** What is known of a value. `shape` is null when even the rank is unknown. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: readonly Dimension[] | null;
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  /** Of a kind that nothing here computes with: the bytes of ONNX's AttributeProto, written as they were read. */
  | { readonly kind: 'opaque'; readonly value: Uint8Array };

/** What is said of a graph or a node and computes nothing: written as it was read. */
export interface Notes {
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
}

export interface Node {
  readonly name: string;
  /** '' is the ONNX standard domain. */
  readonly domain: string;
  readonly opType: string;
  /** Which of the model's functions that are called so; absent where there is one at most. */
  readonly overload?: string;
  /** Value names; '' marks an optional input or output that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly notes?: Notes;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** In topological order: a node comes after the nodes whose outputs it reads. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** Values of inputs that a caller may leave out. They are no constants, since it may give others. */
  readonly defaults?: ReadonlyMap<string, Tensor>;
  /** Types of values by name: complete for inputs; for others what the file says or shape inference found. */
  readonly types: ReadonlyMap<string, ValueType>;
  readonly notes?: Notes;
}

/** What is said of a model beside its producer and metadata. */
export interface ModelNotes {
  readonly producerVersion?: string;
  readonly modelVersion?: bigint;
  readonly domain?: string;
  readonly doc?: string;
}

/** A graph with what an ONNX file adds to it. */
export interface Model {
  readonly graph: Graph;
  readonly irVersion: number;
  /** Domain to opset version; '' is the standard domain. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly notes?: ModelNotes;
  /** Functions that the model brings for operators of its own: ONNX's FunctionProtos, kept as they were read. */
  readonly functions: readonly Uint8Array[];
}
