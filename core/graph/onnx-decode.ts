/** An ONNX file as the graph IR. */
import { fromBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProto_DataLocation as DataLocation,
  type ValueInfoProto,
} from 'onnx-buf';
import { fail } from '../errors.js';
import { bytesPerElement, type DType, sizeOf, tensor, tensorOfBytes, type Tensor } from '../tensor.js';
import { dtypeOfOnnx } from './data-types.js';
import type { Attribute, Dimension, Graph, Model, Node, ValueType } from './ir.js';

/** @throws RetortError onnx_malformed */
export function decodeModel(bytes: Uint8Array): Model {
  const model = parse(bytes);
  if (model.graph === undefined) throw fail('onnx_malformed', { reason: 'it holds no graph' });
  return {
    graph: decodeGraph(model.graph),
    irVersion: Number(model.irVersion),
    opsets: new Map(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])),
    producer: model.producerName,
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw fail('onnx_malformed', { reason: error instanceof Error ? error.message : String(error) }, error);
  }
}

function decodeGraph(proto: GraphProto): Graph {
  const initializers = new Map(proto.initializer.map((value) => [value.name, decodeTensor(value)]));
  const types = new Map<string, ValueType>();
  for (const info of [...proto.input, ...proto.output, ...proto.valueInfo]) {
    const type = decodeType(info);
    if (type !== null) types.set(info.name, type);
  }
  return {
    name: proto.name,
    // Before IR version 4 every initializer was listed among the inputs as well.
    inputs: proto.input.map(({ name }) => name).filter((name) => !initializers.has(name)),
    outputs: proto.output.map(({ name }) => name),
    nodes: proto.node.map(({ name, domain, opType, input, output, attribute }, index): Node => ({
      name: name === '' ? `${opType}_${String(index)}` : name,
      domain: domain === 'ai.onnx' ? '' : domain,
      opType,
      inputs: input,
      outputs: output,
      attributes: Object.fromEntries(attribute.map((a) => [a.name, decodeAttribute(a)])),
    })),
    initializers,
    types,
  };
}

function decodeType({ type }: ValueInfoProto): ValueType | null {
  if (type?.value.case !== 'tensorType') return null;
  const { elemType, shape } = type.value.value;
  const dtype = dtypeOfOnnx.get(elemType);
  if (dtype === undefined) return null;
  const dimensions = shape?.dim.map(({ value }): Dimension => {
    if (value.case === 'dimValue') return Number(value.value);
    return value.case === 'dimParam' && value.value !== '' ? value.value : null;
  });
  return { dtype, shape: dimensions ?? null };
}

function decodeAttribute(attribute: AttributeProto): Attribute {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (attribute.type) {
    case AttributeType.INT:
      return { kind: 'int', value: Number(attribute.i) };
    case AttributeType.FLOAT:
      return { kind: 'float', value: attribute.f };
    case AttributeType.STRING:
      return { kind: 'string', value: text(attribute.s) };
    case AttributeType.INTS:
      return { kind: 'ints', value: attribute.ints.map(Number) };
    case AttributeType.FLOATS:
      return { kind: 'floats', value: attribute.floats };
    case AttributeType.STRINGS:
      return { kind: 'strings', value: attribute.strings.map(text) };
    case AttributeType.TENSOR:
      if (attribute.t !== undefined) return { kind: 'tensor', value: decodeTensor(attribute.t) };
      break;
    case AttributeType.GRAPH:
      if (attribute.g !== undefined) return { kind: 'graph', value: decodeGraph(attribute.g) };
      break;
    default:
      break;
  }
  throw fail('onnx_malformed', {
    reason: `the attribute ${attribute.name} is of a kind that Retort does not read`,
  });
}

function decodeTensor(proto: TensorProto): Tensor {
  const refuse = (reason: string) => fail('onnx_malformed', { reason: `tensor ${proto.name}: ${reason}` });
  const dtype = dtypeOfOnnx.get(proto.dataType);
  if (dtype === undefined) throw refuse(`its data type ${String(proto.dataType)} is not read`);
  if (proto.dataLocation === DataLocation.EXTERNAL) throw refuse('its data lie in another file');
  const shape = proto.dims.map(Number);
  const size = sizeOf(shape);
  if (shape.some((dimension) => dimension < 0)) throw refuse('a dimension is negative');
  const typed = typedFields(proto, dtype);
  if (typed !== null) {
    if (typed.data.length !== size) throw refuse('its data do not fit its shape');
    return { ...typed, shape };
  }
  if (proto.rawData.length !== size * bytesPerElement[dtype]) throw refuse('its data do not fit its shape');
  return tensorOfBytes(dtype, proto.rawData, shape);
}

/** The tensor of the typed fields; null where the data are raw. */
function typedFields(proto: TensorProto, dtype: DType): Tensor | null {
  if (dtype === 'float32' && proto.floatData.length > 0)
    return tensor(dtype, Float32Array.from(proto.floatData), [proto.floatData.length]);
  if (dtype === 'float64' && proto.doubleData.length > 0)
    return tensor(dtype, Float64Array.from(proto.doubleData), [proto.doubleData.length]);
  if (dtype === 'int64' && proto.int64Data.length > 0)
    return tensor(dtype, BigInt64Array.from(proto.int64Data), [proto.int64Data.length]);
  const { int32Data } = proto;
  if (int32Data.length === 0) return null;
  const shape = [int32Data.length];
  switch (dtype) {
    case 'int32':
      return tensor(dtype, Int32Array.from(int32Data), shape);
    case 'int8':
      return tensor(dtype, Int8Array.from(int32Data), shape);
    case 'uint8':
    case 'bool':
      return tensor(dtype, Uint8Array.from(int32Data), shape);
    case 'float16':
      return tensor(dtype, Uint16Array.from(int32Data), shape);
    default:
      return null;
  }
}
