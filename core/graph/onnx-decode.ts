/** An ONNX file as the graph IR. */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
  AttributeProtoSchema,
  FunctionProtoSchema,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
import { fail } from '../errors.js';
import { reasonOf } from '../reason-of.js';
import type { Tensor } from '../tensor.js';
import { dataTypeName, dtypeOfOnnx } from './data-types.js';
import type { Attribute, Dimension, Graph, Model, Node, ValueType } from './ir.js';
import { decodeTensor, tensorShape } from './onnx-decode-tensor.js';
import { entriesOf, modelNotesOf, notesOf } from './onnx-notes.js';
import { checkedGraph } from './order.js';

/** A tensor of the file; null where it stays where it lies, so that the graph knows its type alone. */
export type TensorReader = (proto: TensorProto) => Tensor | null;

/**
 * Operators of any domain are kept as they are; nodes come in topological order, each under a name of its own.
 * @throws RetortError onnx_malformed, onnx_unsupported, onnx_port_unsupported, onnx_tensor_incomplete,
 * graph_name_duplicated, graph_value_missing, graph_cyclic
 */
export function decodeModel(bytes: Uint8Array): Model {
  return decodeProto(parseModel(bytes), decodeTensor);
}

/** @throws RetortError onnx_malformed */
export function parseModel(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw fail('onnx_malformed', { reason: reasonOf(error) }, error);
  }
}

/** @throws RetortError as decodeModel */
export function decodeProto(model: ModelProto, tensorOf: TensorReader): Model {
  if (model.graph === undefined) throw fail('onnx_malformed', { reason: 'it holds no graph' });
  const left = new Set<string>();
  const isOverridable = model.irVersion >= firstOfDefaults;
  const graph = decodeGraph(model.graph, { tensorOf, left, isOverridable });
  expectTensors(model.graph, graph);
  return {
    graph: checkedGraph(graph, left),
    irVersion: Number(model.irVersion),
    opsets: new Map(model.opsetImport.map(({ domain, version }) => [standard(domain), Number(version)])),
    producer: model.producerName,
    metadata: entriesOf(model.metadataProps),
    ...modelNotesOf(model),
    functions: model.functions.map((one) => toBinary(FunctionProtoSchema, one)),
  };
}

/** The IR version since which an initializer that is listed among the inputs is a default; before, every one was listed. */
const firstOfDefaults = 4n;

/** Both names of the standard domain mean the same. */
const standard = (domain: string) => (domain === 'ai.onnx' ? '' : domain);

/** @throws RetortError onnx_port_unsupported */
function expectTensors({ input, output }: GraphProto, { inputs, outputs, types }: Graph): void {
  const untyped = new Set([...inputs, ...outputs].filter((name) => !types.has(name)));
  for (const { name, type } of [...input, ...output]) {
    const value = type?.value;
    if (!untyped.has(name) || value?.case === undefined) continue;
    const found =
      value.case === 'tensorType'
        ? dataTypeName(value.value.elemType)
        : value.case.replace(/Type$/, '').replace('sparseTensor', 'sparse tensor');
    throw fail('onnx_port_unsupported', { name, type: found, known: [...dtypeOfOnnx.values()].join(', ') });
  }
}

interface Reading {
  readonly tensorOf: TensorReader;
  /** Initializers that stay where they lie, of all graphs. */
  readonly left: Set<string>;
  /** Whether an input's initializer is its default, or a constant all the same. */
  readonly isOverridable: boolean;
}

function decodeGraph(proto: GraphProto, reading: Reading): Graph {
  if (proto.sparseInitializer.length > 0) throw fail('onnx_unsupported', { what: 'sparse initializers' });
  const initializers = new Map<string, Tensor>();
  const defaults = new Map<string, Tensor>();
  const given = new Set(reading.isOverridable ? proto.input.map(({ name }) => name) : []);
  const types = new Map<string, ValueType>();
  for (const info of [...proto.input, ...proto.output, ...proto.valueInfo]) {
    const type = decodeType(info);
    if (type !== null) types.set(info.name, type);
  }
  const stored = new Set<string>();
  for (const one of proto.initializer) {
    if (stored.has(one.name)) throw fail('graph_name_duplicated', { graph: proto.name, name: one.name });
    stored.add(one.name);
    const value = reading.tensorOf(one);
    if (value === null) {
      setType(types, one.name, one);
      if (!given.has(one.name)) reading.left.add(one.name);
    } else if (given.has(one.name)) defaults.set(one.name, value);
    else initializers.set(one.name, value);
  }
  const names = new Set<string>();
  const nodes = proto.node.map((node, index): Node => {
    const attributes = Object.fromEntries(
      node.attribute.flatMap((one) => {
        const attribute = decodeAttribute(one, reading);
        if (attribute !== null) return [[one.name, attribute] as const];
        if (one.t !== undefined) setType(types, node.output[0] ?? '', one.t);
        return [];
      }),
    );
    const { domain, opType, input: inputs, output: outputs } = node;
    return {
      name: freeName(node, index, names),
      domain: standard(domain),
      opType,
      ...(node.overload === '' ? {} : { overload: node.overload }),
      inputs,
      outputs,
      attributes,
      ...notesOf(node),
    };
  });
  return {
    name: proto.name,
    inputs: proto.input.map(({ name }) => name).filter((name) => given.has(name) || !stored.has(name)),
    outputs: proto.output.map(({ name }) => name),
    nodes,
    initializers,
    ...(defaults.size > 0 && { defaults }),
    types,
    ...notesOf(proto),
  };
}

function setType(types: Map<string, ValueType>, name: string, proto: TensorProto): void {
  const dtype = dtypeOfOnnx.get(proto.dataType);
  if (dtype !== undefined) types.set(name, { dtype, shape: tensorShape(proto) });
}

/** The format lets nodes be called alike, or not at all. */
function freeName({ name, opType }: NodeProto, index: number, taken: Set<string>): string {
  const stem = name === '' ? `${opType}_${String(index)}` : name;
  let free = stem;
  for (let n = 1; taken.has(free); n += 1) free = `${stem}_${String(n)}`;
  taken.add(free);
  return free;
}

function decodeType({ type }: ValueInfoProto): ValueType | null {
  if (type?.value.case !== 'tensorType') return null;
  const { elemType, shape } = type.value.value;
  const dtype = dtypeOfOnnx.get(elemType);
  if (dtype === undefined) return null;
  const dimensions = shape?.dim.map(({ value }): Dimension => {
    // Some exporters write -1, or another size that none is, for one that they do not know.
    if (value.case === 'dimValue')
      return value.value < 0n || !isExact(value.value) ? null : Number(value.value);
    return value.case === 'dimParam' && value.value !== '' ? value.value : null;
  });
  return { dtype, shape: dimensions ?? null };
}

/** null for a tensor that stays where it lies. */
function decodeAttribute(attribute: AttributeProto, reading: Reading): Attribute | null {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (attribute.type) {
    case AttributeType.INT:
      return isExact(attribute.i) ? { kind: 'int', value: Number(attribute.i) } : opaque(attribute);
    case AttributeType.FLOAT:
      return { kind: 'float', value: attribute.f };
    case AttributeType.STRING:
      return { kind: 'string', value: text(attribute.s) };
    case AttributeType.INTS:
      return attribute.ints.every(isExact)
        ? { kind: 'ints', value: attribute.ints.map(Number) }
        : opaque(attribute);
    case AttributeType.FLOATS:
      return { kind: 'floats', value: attribute.floats };
    case AttributeType.STRINGS:
      return { kind: 'strings', value: attribute.strings.map(text) };
    case AttributeType.TENSOR: {
      if (attribute.t === undefined) break;
      if (!dtypeOfOnnx.has(attribute.t.dataType)) return opaque(attribute);
      const value = reading.tensorOf(attribute.t);
      return value === null ? null : { kind: 'tensor', value };
    }
    case AttributeType.GRAPH:
      if (attribute.g === undefined) break;
      return { kind: 'graph', value: decodeGraph(attribute.g, reading) };
    case AttributeType.UNDEFINED:
      break;
    default:
      return opaque(attribute);
  }
  throw fail('onnx_malformed', {
    reason: `the attribute ${attribute.name} has no value of the kind ${dataKind(attribute)}`,
  });
}

/** Whether a number is written as it was read: a safe integer, or one of the ends of int64. */
function isExact(value: bigint): boolean {
  return Number.isSafeInteger(Number(value)) || value === 2n ** 63n - 1n || value === -(2n ** 63n);
}

const dataKind = ({ type }: AttributeProto) => AttributeType[type];

function opaque(attribute: AttributeProto): Attribute {
  return { kind: 'opaque', value: toBinary(AttributeProtoSchema, attribute) };
}
