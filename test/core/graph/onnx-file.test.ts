/** Models by path: external data within the folder alone, large tensors passed over, all that is known kept. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  TensorProto_DataLocation as DataLocation,
} from 'onnx-buf';
import { openSession } from '../../../core/engines/session.js';
import { GraphBuilder } from '../../../core/graph/builder.js';
import { decodeModel, encodeModel, readModel } from '../../../core/graph/onnx.js';
import { describeModel } from '../../../core/graph/onnx-file.js';
import type { ByteSource } from '../../../core/graph/onnx-skeleton.js';
import { float32 } from '../../../core/tensor.js';
import { smallBranches, smallEncoder, smallOddities, smallStudent } from '../../fixtures/small-models.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-onnx-'));
});
afterAll(() => rm(root, { recursive: true }));

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
  return file;
}

/** y = x w, with w of so many rows of 4 columns. */
function product(rows: number): Uint8Array {
  const builder = new GraphBuilder('product');
  const x = builder.input('x', 'float32', ['batch_size', rows]);
  const weight = builder.initializer(
    'weight',
    float32(
      Float32Array.from({ length: 4 * rows }, (_, k) => k % 7),
      [rows, 4],
    ),
  );
  builder.output('y', builder.node('MatMul', [x, weight])[0]!);
  return encodeModel({ graph: builder.build() });
}

/** `smallOddities` with a constant of 32 KiB in its function, and one of uint16 as an attribute. */
function withLargeConstants(): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, smallOddities());
  const constant = (dataType: number, bytes: number) => ({
    opType: 'Constant',
    output: [`of ${String(dataType)}`],
    attribute: [
      {
        name: 'value',
        type: AttributeType.TENSOR,
        t: { dataType, dims: [BigInt(1 << 14)], rawData: new Uint8Array(bytes << 14).fill(3) },
      },
    ],
  });
  const { functions, graph } = create(ModelProtoSchema, {
    functions: [{ node: [constant(1, 4)] }],
    graph: { node: [constant(4, 2)] },
  });
  proto.functions[0]!.node.push(...functions[0]!.node);
  proto.graph!.node.push(...graph!.node);
  return toBinary(ModelProtoSchema, proto);
}

/** The same model, its weight elsewhere. */
function withExternal(
  bytes: Uint8Array,
  entries: Record<string, string>,
): { model: Uint8Array; data: Uint8Array } {
  const proto = fromBinary(ModelProtoSchema, bytes);
  const [weight] = proto.graph!.initializer;
  const data = weight!.rawData;
  weight!.rawData = new Uint8Array();
  weight!.dataLocation = DataLocation.EXTERNAL;
  weight!.externalData = create(ModelProtoSchema, {
    graph: {
      initializer: [{ externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) }],
    },
  }).graph!.initializer[0]!.externalData;
  return { model: toBinary(ModelProtoSchema, proto), data };
}

describe('a model is the same by its path as by its bytes:', () => {
  test.each([
    ['a student', smallStudent()],
    ['an encoder', smallEncoder()],
    ['branches and a foreign operator', smallBranches()],
    ['typed fields and a function', smallOddities()],
    ['a tensor of 128 KiB', product(8192)],
    ['large constants in a function and of a type that is not read', withLargeConstants()],
  ])('%s', async (_what, bytes) => {
    const decoded = decodeModel(bytes);
    expect(await readModel(await write('same.onnx', bytes))).toEqual(decoded);
    expect(decodeModel(encodeModel(decoded))).toEqual(decoded);
  });

  test('what is not understood is written as it was read, and runs', async () => {
    const session = await openSession(encodeModel(decodeModel(smallOddities())), {
      optimization: 'disabled',
    });
    const { z } = await session.run({ x: float32([3, 4]) });
    await session.close();
    expect(z?.data).toEqual(Float32Array.of(7, 10));
    const { graph, functions } = decodeModel(smallOddities());
    expect(functions).toHaveLength(1);
    expect(graph.nodes.map(({ name, opType }) => [name, opType])).toEqual([
      ['Twice_1', 'Twice'],
      ['Add_0', 'Add'],
    ]);
    expect(graph.nodes[0]?.attributes).toMatchObject({ of: { kind: 'opaque' }, words: { kind: 'opaque' } });
    expect(graph.initializers.get('bytes')).toMatchObject({ dtype: 'int8', data: Int8Array.of(1, -1) });
  });
});

describe('external data', () => {
  test('are read from the folder of the model, at their offset', async () => {
    const { model, data } = withExternal(product(64), {
      location: 'data/weights.bin',
      offset: '16',
      length: '1024',
    });
    const file = await write('inside/model.onnx', model);
    await write('inside/data/weights.bin', Buffer.concat([Buffer.alloc(16), data]));
    const { graph } = await readModel(file);
    expect(graph).toEqual(decodeModel(product(64)).graph);
    const { tensors, files } = await describeModel(file);
    expect(tensors).toMatchObject([{ name: 'weight', dataType: 'float32', shape: [64, 4], bytes: 1024 }]);
    expect(files.map(({ bytes }) => bytes)).toEqual([model.length, 1040]);
  });

  test.each([
    ['../secret.bin', 'onnx_external_outside'],
    ['data/../../secret.bin', 'onnx_external_outside'],
    ['..\\secret.bin', 'onnx_external_outside'],
    ['C:\\secret.bin', 'onnx_external_outside'],
    ['/etc/hostname', 'onnx_external_outside'],
    ['link.bin', 'onnx_external_outside'],
    ['linked/secret.bin', 'onnx_external_outside'],
    ['absent.bin', 'onnx_external_missing'],
    ['data', 'onnx_external_missing'],
    ['short.bin', 'onnx_external_short'],
  ])('in %s are refused: %s', async (location, code) => {
    const { model, data } = withExternal(product(64), { location });
    const file = await write('refused/model/model.onnx', model);
    await write('refused/secret.bin', data);
    await write('refused/model/short.bin', data.subarray(1));
    await write('refused/model/data/inside.bin', data);
    const links = [
      ['link.bin', '../secret.bin'],
      ['linked', '..'],
    ] as const;
    for (const [name, to] of links)
      await symlink(to, path.join(path.dirname(file), name)).catch(() => undefined);
    await expect(readModel(file)).rejects.toMatchObject({ code });
    await expect(describeModel(file)).rejects.toMatchObject({ code });
  });

  test.each([
    [{ offset: '-1' }, 'onnx_malformed'],
    [{ offset: '1e3' }, 'onnx_malformed'],
    [{ offset: '1' }, 'onnx_external_short'],
    [{ offset: '9007199254740991' }, 'onnx_external_short'],
    [{ length: '3' }, 'onnx_tensor_incomplete'],
  ])('at %j are refused', async (place, code) => {
    const { model, data } = withExternal(product(64), { location: 'weights.bin', ...place });
    await write('place/weights.bin', data);
    await expect(readModel(await write('place/model.onnx', model))).rejects.toMatchObject({ code });
  });

  test('are refused where the model is bytes alone', () => {
    const { model } = withExternal(product(64), { location: 'weights.bin' });
    expect(() => decodeModel(model)).toThrow(expect.objectContaining({ code: 'onnx_malformed' }));
  });
});

test('of a large file little is read: neither of its tensors nor of what follows them', async () => {
  const rows = 1 << 18;
  const file = await write('large.onnx', product(rows));
  let read = 0;
  const counted = (source: ByteSource): ByteSource => ({
    size: source.size,
    read: async (offset, length) => {
      const bytes = await source.read(offset, length);
      read += bytes.length;
      return bytes;
    },
  });
  const { model, tensors } = await describeModel(file, counted);
  expect(tensors).toMatchObject([{ name: 'weight', bytes: 16 * rows }]);
  expect(model.graph).toMatchObject({ inputs: ['x'], outputs: ['y'] });
  expect(model.graph.types.get('weight')).toEqual({ dtype: 'float32', shape: [rows, 4] });
  expect(read).toBeLessThan(300_000);
});

describe('refused, by a code of its own:', () => {
  const edited = (edit: (proto: ReturnType<typeof parse>) => void): Uint8Array => {
    const proto = parse(smallBranches());
    edit(proto);
    return toBinary(ModelProtoSchema, proto);
  };
  const parse = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);
  test.each<[string, string, (proto: ReturnType<typeof parse>) => void]>([
    [
      'an initializer of 3 GB with no bytes',
      'onnx_tensor_incomplete',
      ({ graph }) => {
        graph!.initializer[0]!.dims = [3_000n, 250_000n];
        graph!.initializer[0]!.rawData = new Uint8Array();
      },
    ],
    [
      'a cycle',
      'graph_cyclic',
      ({ graph }) => {
        graph!.node.find(({ opType }) => opType === 'Shape')!.input = ['y'];
      },
    ],
    [
      'a cycle through a branch',
      'graph_cyclic',
      ({ graph }) => {
        graph!.node.find(({ opType }) => opType === 'If')!.attribute[0]!.g!.node[0]!.input = ['y', 'weight'];
      },
    ],
    [
      'a node that reads itself',
      'graph_cyclic',
      ({ graph }) => {
        graph!.node.at(-1)!.input = ['y'];
      },
    ],
    [
      'two values of one name',
      'graph_name_duplicated',
      ({ graph }) => {
        graph!.node[1]!.output = [...graph!.node[0]!.output];
      },
    ],
    [
      'two initializers of one name',
      'graph_name_duplicated',
      ({ graph }) => {
        graph!.initializer.push(graph!.initializer[0]!);
      },
    ],
    [
      'a value that nothing gives',
      'graph_value_missing',
      ({ graph }) => {
        graph!.node[0]!.input = ['nowhere'];
      },
    ],
    [
      'an output that nothing gives',
      'graph_value_missing',
      ({ graph }) => {
        graph!.output[0]!.name = 'nowhere';
      },
    ],
    [
      'a type that no tensor here has',
      'onnx_unsupported',
      ({ graph }) => {
        graph!.initializer[0]!.dataType = 16;
      },
    ],
  ])('%s', async (_what, code, edit) => {
    const bytes = edited(edit);
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ code }));
    await expect(readModel(await write('refused.onnx', bytes))).rejects.toMatchObject({ code });
  });

  test('nothing at the path, and a folder', async () => {
    await expect(readModel(path.join(root, 'nowhere.onnx'))).rejects.toMatchObject({ code: 'onnx_missing' });
    await expect(readModel(root)).rejects.toMatchObject({ code: 'onnx_missing' });
  });
});

test('a subgraph is kept: what is written of it is what was read', () => {
  const decoded = decodeModel(smallBranches());
  const branch = decoded.graph.nodes.find(({ opType }) => opType === 'If')?.attributes.then_branch;
  expect(branch).toMatchObject({
    kind: 'graph',
    value: { nodes: [{ opType: 'MatMul', inputs: ['x', 'weight'] }] },
  });
});
