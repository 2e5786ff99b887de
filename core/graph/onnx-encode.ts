/** The graph IR as an ONNX file. Equal models give equal bytes. */
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  FunctionProtoSchema,
  type GraphProtoSchema,
  ModelProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from 'onnx-buf';
import { fail } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { onnxDataTypes } from './data-types.js';
import type { Attribute, Graph, Model, ValueType } from './ir.js';
import { entriesFields, modelNotesFields, notesFields } from './onnx-notes.js';

export const defaultOpset = 17;
export const defaultIrVersion = 9;
const defaultProducer = 'retort';

/** A model of which only the graph must be given. */
type ModelToEncode = Pick<Model, 'graph'> &
  Partial<Model> & {
    /** Of the standard domain, where `opsets` is not given. */
    readonly opset?: number;
  };

/** What one file may hold: a protobuf message is smaller than 2 GiB. */
const mostBytes = 2 ** 31 - 2 ** 20;

/** @throws RetortError onnx_too_large */
export function encodeModel({
  graph,
  irVersion = defaultIrVersion,
  opset = defaultOpset,
  opsets,
  producer = defaultProducer,
  metadata,
  notes,
  functions = [],
}: ModelToEncode): Uint8Array {
  const bytes = tensorBytes(graph);
  if (bytes > mostBytes) throw fail('onnx_too_large', { what: 'The model', bytes, limit: mostBytes });
  const domains =
    opsets ?? new Map([['', opset], ...(usesContrib(graph) ? [['com.microsoft', 1] as const] : [])]);
  const model = create(ModelProtoSchema, {
    irVersion: int64(irVersion),
    producerName: producer,
    opsetImport: Array.from(domains, ([domain, version]) => ({ domain, version: int64(version) })),
    metadataProps: entriesFields(metadata ?? new Map()),
    ...modelNotesFields(notes),
    graph: graphProto(graph),
    functions: functions.map((one) => fromBinary(FunctionProtoSchema, one)),
  });
  return toBinary(ModelProtoSchema, model);
}

const stored = ({ initializers, defaults = new Map() }: Graph) => [...initializers, ...defaults];

function tensorBytes(graph: Graph): number {
  let bytes = 0;
  for (const [, { data }] of stored(graph)) bytes += data.byteLength;
  for (const attribute of graph.nodes.flatMap(({ attributes }) => Object.values(attributes))) {
    if (attribute.kind === 'tensor') bytes += attribute.value.data.byteLength;
    else if (attribute.kind === 'graph') bytes += tensorBytes(attribute.value);
  }
  return bytes;
}

function usesContrib(graph: Graph): boolean {
  return graph.nodes.some(
    ({ domain, attributes }) =>
      domain === 'com.microsoft' ||
      Object.values(attributes).some((a) => a.kind === 'graph' && usesContrib(a.value)),
  );
}

function graphProto(graph: Graph): MessageInitShape<typeof GraphProtoSchema> {
  const info = (name: string) => valueInfo(name, graph.types.get(name));
  const ports = new Set([...graph.inputs, ...graph.outputs, ...graph.initializers.keys()]);
  const inner = graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((name) => name !== '' && !ports.has(name));
  return {
    name: graph.name,
    input: graph.inputs.map(info),
    output: graph.outputs.map(info),
    valueInfo: inner.filter((name) => graph.types.get(name)?.shape != null).map(info),
    initializer: stored(graph).map(([name, tensor]) => tensorProto(tensor, name)),
    node: graph.nodes.map(({ name, domain, opType, overload, inputs, outputs, attributes, notes }) => ({
      name,
      domain,
      opType,
      ...(overload === undefined ? {} : { overload }),
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([key, attribute]) => attributeProto(key, attribute)),
      ...notesFields(notes),
    })),
    ...notesFields(graph.notes),
  };
}

function valueInfo(name: string, type: ValueType | undefined): MessageInitShape<typeof ValueInfoProtoSchema> {
  if (type === undefined) return { name };
  const dimension = (size: number | string | null) => {
    if (size === null) return {};
    return typeof size === 'number'
      ? { value: { case: 'dimValue', value: int64(size) } as const }
      : { value: { case: 'dimParam', value: size } as const };
  };
  const shape = type.shape === null ? {} : { shape: { dim: type.shape.map(dimension) } };
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: onnxDataTypes[type.dtype], ...shape } } },
  };
}

/** The largest int64 stands for `to the end`; as a number it is one more, which the format cannot hold. */
function int64(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value);
}

function tensorProto(
  { dtype, shape, data }: Tensor,
  name: string,
): MessageInitShape<typeof TensorProtoSchema> {
  // The format's raw data are little-endian, as every platform's that ONNX Runtime has a package for.
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return { name, dataType: onnxDataTypes[dtype], dims: shape.map(BigInt), rawData: bytes };
}

function attributeProto(name: string, attribute: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  switch (attribute.kind) {
    case 'int':
      return { name, type: AttributeType.INT, i: int64(attribute.value) };
    case 'float':
      return { name, type: AttributeType.FLOAT, f: attribute.value };
    case 'string':
      return { name, type: AttributeType.STRING, s: bytes(attribute.value) };
    case 'ints':
      return { name, type: AttributeType.INTS, ints: attribute.value.map(int64) };
    case 'floats':
      return { name, type: AttributeType.FLOATS, floats: [...attribute.value] };
    case 'strings':
      return { name, type: AttributeType.STRINGS, strings: attribute.value.map(bytes) };
    case 'tensor':
      return { name, type: AttributeType.TENSOR, t: tensorProto(attribute.value, '') };
    case 'graph':
      return { name, type: AttributeType.GRAPH, g: graphProto(attribute.value) };
    case 'opaque':
      return fromBinary(AttributeProtoSchema, attribute.value);
  }
}
