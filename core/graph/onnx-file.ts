/** ONNX files by path: with external data, of any size, and read no further than is needed. */
import { open, stat } from 'node:fs/promises';
import { clearField } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  type ModelProto,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { fail } from '../errors.js';
import { sum } from '../statistics.js';
import { sizeOf, type Tensor, tensorOfBuffer } from '../tensor.js';
import { dataTypeName, dtypeOfOnnx, storedBytes } from './data-types.js';
import { type DataFile, ExternalData, readStretch } from './external-data.js';
import type { Model } from './ir.js';
import { decodeProto, parseModel } from './onnx-decode.js';
import { decodeTensor, tensorShape, tensorType } from './onnx-decode-tensor.js';
import { bytesOfFile, type ByteSource, readSkeleton } from './onnx-skeleton.js';

/**
 * A whole model; tensors are read one after another, so that a file is never in memory twice.
 * @throws RetortError onnx_missing, and what decodeModel and ExternalData throw
 */
export async function readModel(file: string): Promise<Model> {
  const proto = await readProto(file);
  const external = new ExternalData(file);
  const loaded = new Map<TensorProto, Tensor>();
  for (const tensor of tensorsOf(proto.graph)) {
    if (!isElsewhere(tensor)) continue;
    const { dtype, shape } = tensorType(tensor);
    const buffer = await readStretch(tensor.name, await external.find(tensor));
    loaded.set(tensor, tensorOfBuffer(dtype, buffer, shape));
  }
  for (const tensor of tensorsKept(proto)) {
    if (!isElsewhere(tensor)) continue;
    tensor.rawData = new Uint8Array(await readStretch(tensor.name, await external.find(tensor)));
    tensor.externalData = [];
    clearField(tensor, TensorProtoSchema.field.dataLocation);
  }
  return decodeProto(proto, (tensor) => loaded.get(tensor) ?? decodeTensor(tensor));
}

/** An initializer, or the tensor of a node, that is known without its data. */
export interface StoredTensor {
  readonly name: string;
  /** A data type of the format, those that no tensor here has among them. */
  readonly dataType: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** The file that its data lie in. */
  readonly file: string;
}

export interface ModelDescription {
  /** Large tensors are not among its initializers: their types alone are known. */
  readonly model: Model;
  readonly tensors: readonly StoredTensor[];
  /** The model's, then those of its external data. */
  readonly files: readonly DataFile[];
}

/** Below this a tensor may hold axes or shapes, which inference needs. */
const smallTensor = 4096;

/** A model as far as it can be told without reading its tensors; their places are checked. @throws as readModel */
export async function describeModel(
  file: string,
  watch: (source: ByteSource) => ByteSource = (source) => source,
): Promise<ModelDescription> {
  const proto = await readProto(file, watch);
  const external = new ExternalData(file);
  const tensors: StoredTensor[] = [];
  const loaded = new Map<TensorProto, Tensor>();
  for (const tensor of [...tensorsOf(proto.graph), ...tensorsKept(proto)]) {
    const { name, dataType } = tensor;
    const shape = tensorShape(tensor);
    const bytes = storedBytes(dataType, sizeOf(shape));
    const found = { name, dataType: dataTypeName(dataType), shape };
    const dtype = dtypeOfOnnx.get(dataType);
    if (isElsewhere(tensor)) {
      const stretch = await external.find(tensor);
      tensors.push({ ...found, bytes: stretch.length, file: stretch.path });
      if (dtype !== undefined && stretch.length <= smallTensor)
        loaded.set(tensor, tensorOfBuffer(dtype, await readStretch(name, stretch), shape));
    } else {
      const value = dtype === undefined ? null : decodeTensor(tensor);
      tensors.push({ ...found, bytes: bytes ?? textBytes(tensor), file });
      if (value !== null) loaded.set(tensor, value);
    }
  }
  const model = decodeProto(proto, (tensor) => loaded.get(tensor) ?? null);
  const { size } = await stat(file);
  return { model, tensors, files: [{ path: file, bytes: size }, ...(await external.files())] };
}

/** Of the file and its external data. @throws as readModel */
export async function modelBytes(file: string): Promise<number> {
  const { files } = await describeModel(file);
  return sum(files.map(({ bytes }) => bytes));
}

async function readProto(
  file: string,
  watch: (source: ByteSource) => ByteSource = (source) => source,
): Promise<ModelProto> {
  const handle = await open(file).catch((error: unknown) => {
    throw fail('onnx_missing', { path: file }, error);
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw fail('onnx_missing', { path: file });
    return parseModel(await readSkeleton(watch(bytesOfFile(handle, found.size))));
  } finally {
    await handle.close();
  }
}

const isElsewhere = ({ dataLocation }: TensorProto) => dataLocation === DataLocation.EXTERNAL;

const textBytes = ({ stringData }: TensorProto) => stringData.reduce((sum, { length }) => sum + length, 0);

/** Initializers and the tensors of nodes that are read, those of subgraphs too. */
function tensorsOf(graph: GraphProto | undefined): TensorProto[] {
  if (graph === undefined) return [];
  const attributes = graph.node.flatMap(({ attribute }) => attribute);
  return [
    ...graph.initializer,
    ...attributes.flatMap((one) => (one.t === undefined || isKept(one) ? [] : [one.t])),
    ...attributes.flatMap(({ g }) => tensorsOf(g)),
  ];
}

/** Tensors within what is written as it was read: functions, and attributes that are not understood. */
function tensorsKept({ graph, functions }: ModelProto): TensorProto[] {
  const attributes = functions.flatMap(({ node }) => node.flatMap(({ attribute }) => attribute));
  return [...attributes.flatMap(tensorsWithin), ...keptIn(graph)];
}

function keptIn(graph: GraphProto | undefined): TensorProto[] {
  const attributes = graph?.node.flatMap(({ attribute }) => attribute) ?? [];
  return attributes.flatMap((one) => (isKept(one) ? tensorsWithin(one) : keptIn(one.g)));
}

function isKept({ t, tensors, graphs, sparseTensor }: AttributeProto): boolean {
  return (
    (t !== undefined && !dtypeOfOnnx.has(t.dataType)) ||
    tensors.length > 0 ||
    graphs.length > 0 ||
    sparseTensor !== undefined
  );
}

function tensorsWithin({ t, g, tensors, graphs, sparseTensor }: AttributeProto): TensorProto[] {
  const inner = [...graphs, ...(g === undefined ? [] : [g])];
  const found = [t, sparseTensor?.values, sparseTensor?.indices, ...tensors];
  return [
    ...found.filter((one) => one !== undefined),
    ...inner.flatMap(({ initializer }) => initializer),
    ...inner.flatMap(({ node }) => node.flatMap(({ attribute }) => attribute.flatMap(tensorsWithin))),
  ];
}
