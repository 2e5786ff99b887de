/** The ONNX codec: what is written is what is read, and bytes that are no model are refused. */
import { describe, expect, test } from '@jest/globals';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { AttributeProto_AttributeType as AttributeType, ModelProtoSchema } from 'onnx-buf';
import { openSession } from '../../../core/engines/session.js';
import { RetortError } from '../../../core/errors.js';
import type { Attribute, Dimension, Graph, Model, Node, ValueType } from '../../../core/graph/ir.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import {
  bytesPerElement,
  type DType,
  float32,
  sizeOf,
  type Tensor,
  tensor,
  tensorOfBytes,
} from '../../../core/tensor.js';
import { networkOf } from '../../../models/networks.js';
import { staticGraph } from '../../../models/static-graph.js';
import { ParameterStore } from '../../../training/parameters.js';

const dtypes = Object.keys(bytesPerElement) as DType[];
const name = fc.stringMatching(/^[a-zA-Z_][\w./:]{0,8}$/);
const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const dtype = fc.constantFrom(...dtypes);
/** No denormals: a session that flushes them to zero does so for the whole thread. */
const float = fc.float().filter((value) => value === 0 || !(Math.abs(value) < 2 ** -126));

/** Any bytes are elements, NaNs and denormals among them; a bool is 0 or 1. */
const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(dtype, fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }))
  .chain(([type, shape]) => {
    const length = sizeOf(shape) * bytesPerElement[type];
    return fc
      .uint8Array({ minLength: length, maxLength: length, ...(type === 'bool' ? { max: 1 } : {}) })
      .map((bytes) => tensorOfBytes(type, bytes, shape));
  });

const valueType: fc.Arbitrary<ValueType> = fc.record({
  dtype,
  shape: fc.option(
    fc.array(fc.option(fc.oneof(fc.nat(9), name)) as fc.Arbitrary<Dimension>, { maxLength: 3 }),
  ),
});

const plainAttribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.maxSafeInteger().map((value): Attribute => ({ kind: 'int', value })),
  float.map((value): Attribute => ({ kind: 'float', value })),
  text.map((value): Attribute => ({ kind: 'string', value })),
  fc.array(fc.maxSafeInteger()).map((value): Attribute => ({ kind: 'ints', value })),
  fc.array(float).map((value): Attribute => ({ kind: 'floats', value })),
  fc.array(text).map((value): Attribute => ({ kind: 'strings', value })),
  anyTensor.map((value): Attribute => ({ kind: 'tensor', value })),
);

const entries = fc
  .dictionary(name, text, { minKeys: 1 })
  .map((found): ReadonlyMap<string, string> => new Map(Object.entries(found)));
const notes = fc.option(
  fc.oneof(
    fc.record({ doc: name }),
    fc.record({ metadata: entries }),
    fc.record({ doc: name, metadata: entries }),
  ),
);
const given = <T>(key: string, value: T | null) => (value === null ? {} : { [key]: value });

/** Nodes in a chain: each reads what there is before it; every value has a name of its own. */
function graphWith(attribute: fc.Arbitrary<Attribute>): fc.Arbitrary<Graph> {
  const node = fc.record({
    opType: name,
    domain: fc.constantFrom('', 'com.microsoft', 'my.domain'),
    reads: fc.array(fc.option(fc.nat(99)), { maxLength: 3 }),
    writes: fc.array(fc.option(valueType, { freq: 4 }), { minLength: 1, maxLength: 2 }),
    attributes: fc.uniqueArray(fc.tuple(name, attribute), { maxLength: 3, selector: ([key]) => key }),
    overload: fc.option(name),
    notes,
  });
  return fc
    .record({
      name: text,
      inputs: fc.array(valueType, { maxLength: 3 }),
      initializers: fc.array(anyTensor, { maxLength: 3 }),
      nodes: fc.array(node, { maxLength: 4 }),
      notes,
    })
    .map((parts): Graph => {
      const types = new Map<string, ValueType>();
      const values: string[] = [];
      const inputs = parts.inputs.map((type, k) => {
        types.set(`in${String(k)}`, type);
        return `in${String(k)}`;
      });
      const initializers = new Map(parts.initializers.map((value, k) => [`weight${String(k)}`, value]));
      values.push(...inputs, ...initializers.keys());
      let last: string[] = [];
      const nodes = parts.nodes.map(({ opType, domain, reads, writes, attributes, ...said }, k): Node => {
        const outputs = writes.map((type, index) => {
          const value = type === null ? '' : `value${String(k)}.${String(index)}`;
          // Of a value between nodes the file says a type only where its shape is known.
          if (type?.shape != null) types.set(value, type);
          return value;
        });
        const from = reads.map((place) => (place === null ? '' : (values[place % values.length] ?? '')));
        values.push(...outputs);
        last = outputs.filter((value) => types.has(value));
        return {
          name: `node${String(k)}`,
          domain,
          opType,
          inputs: from,
          outputs,
          attributes: Object.fromEntries(attributes),
          ...given('overload', said.overload),
          ...given('notes', said.notes),
        };
      });
      const graph = { name: parts.name, inputs, outputs: last, nodes, initializers, types };
      return { ...graph, ...given('notes', parts.notes) };
    });
}

const subgraph = graphWith(plainAttribute).map((value): Attribute => ({ kind: 'graph', value }));
const plainModel: fc.Arbitrary<Model> = fc.record({
  graph: graphWith(fc.oneof({ weight: 6, arbitrary: plainAttribute }, { weight: 1, arbitrary: subgraph })),
  irVersion: fc.integer({ min: 3, max: 12 }),
  opsets: fc
    .dictionary(name, fc.integer({ min: 1, max: 30 }))
    .map((entries) => new Map(Object.entries(entries))),
  producer: text,
  metadata: fc.dictionary(name, text).map((entries) => new Map(Object.entries(entries))),
  functions: fc.constant([]),
});
const modelNotes = fc.record({
  producerVersion: name,
  modelVersion: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  domain: name,
  doc: name,
});
const anyModel = fc
  .tuple(plainModel, fc.option(modelNotes))
  .map(([model, said]): Model => ({ ...model, ...given('notes', said) }));

test('a model that is written and read is the same model, and written again the same bytes', () => {
  fc.assert(
    fc.property(anyModel, (model) => {
      const bytes = encodeModel(model);
      const decoded = decodeModel(bytes);
      expect(decoded).toEqual(model);
      expect(Buffer.from(encodeModel(decoded)).equals(bytes)).toBe(true);
    }),
  );
});

test.each(dtypes)('a %s tensor keeps its bytes, as an initializer and as an attribute', (type) => {
  const bytes = Uint8Array.from({ length: 6 * bytesPerElement[type] }, (_, k) =>
    type === 'bool' ? k % 2 : 37 * k,
  );
  const value = tensorOfBytes(type, bytes, [2, 3]);
  // A view into a larger buffer: only its own elements may be written.
  const view = { ...value, data: value.data.subarray(2, 5), shape: [3] } as Tensor;
  const node: Node = {
    name: 'n',
    domain: '',
    opType: 'Constant',
    inputs: [],
    outputs: ['y'],
    attributes: { value: { kind: 'tensor', value } },
  };
  const initializers = new Map([
    ['whole', value],
    ['view', view],
  ]);
  const graph: Graph = { name: 'g', inputs: [], outputs: [], nodes: [node], initializers, types: new Map() };
  const decoded = decodeModel(encodeModel({ graph })).graph;
  expect(decoded.initializers).toEqual(initializers);
  expect(decoded.nodes).toEqual([node]);
});

const defaulted: Graph = {
  name: 'g',
  inputs: ['x', 's'],
  outputs: ['y'],
  nodes: [{ name: 'n', domain: '', opType: 'Mul', inputs: ['x', 's'], outputs: ['y'], attributes: {} }],
  initializers: new Map(),
  defaults: new Map([['s', float32([2], [])]]),
  types: new Map([
    ['x', { dtype: 'float32', shape: ['n'] }],
    ['s', { dtype: 'float32', shape: [] }],
    ['y', { dtype: 'float32', shape: ['n'] }],
  ]),
};

test('an initializer that is listed among the inputs is a default', () => {
  expect(decodeModel(encodeModel({ graph: defaulted, irVersion: 4 })).graph).toEqual(defaulted);
});

test('an initializer that is listed among the inputs before IR 4 is a constant', () => {
  const { inputs, initializers, defaults } = decodeModel(
    encodeModel({ graph: defaulted, irVersion: 3 }),
  ).graph;
  expect({ inputs, initializers, defaults }).toEqual({ inputs: ['x'], initializers: defaulted.defaults });
});

test('integers that are no safe numbers are written as they were read', () => {
  const proto = create(ModelProtoSchema, {
    graph: {
      node: [
        {
          opType: 'Slice',
          attribute: [
            { name: 'ends', type: AttributeType.INTS, ints: [2n ** 63n - 1n, -(2n ** 63n)] },
            { name: 'seed', type: AttributeType.INT, i: 2n ** 60n + 1n },
          ],
        },
      ],
    },
  });
  const decoded = decodeModel(toBinary(ModelProtoSchema, proto));
  expect(decoded.graph.nodes[0]?.attributes).toMatchObject({
    ends: { kind: 'ints' },
    seed: { kind: 'opaque' },
  });
  const [written] = fromBinary(ModelProtoSchema, encodeModel(decoded)).graph!.node;
  expect(written!.attribute.map(({ ints, i }) => [ints, i])).toEqual([
    [[2n ** 63n - 1n, -(2n ** 63n)], 0n],
    [[], 2n ** 60n + 1n],
  ]);
});

test.each([
  ['uint16', { elemType: 4 }],
  ['string', { elemType: 8 }],
] as const)('an input of the type %s is refused by that name', (type, tensorType) => {
  const proto = create(ModelProtoSchema, {
    graph: { input: [{ name: 'x', type: { value: { case: 'tensorType', value: tensorType } } }] },
  });
  expect(() => decodeModel(toBinary(ModelProtoSchema, proto))).toThrow(
    expect.objectContaining({
      code: 'onnx_port_unsupported',
      message: expect.stringMatching(`x of the model is of the type ${type},`),
    }),
  );
});

test('an input that is a sequence is refused as one', () => {
  const proto = create(ModelProtoSchema, {
    graph: { input: [{ name: 'x', type: { value: { case: 'sequenceType', value: {} } } }] },
  });
  expect(() => decodeModel(toBinary(ModelProtoSchema, proto))).toThrow(/of the type sequence,/);
});

describe('bytes that are not a model', () => {
  const config = { vocabularySize: 5, embedding: 2, hidden: 2, inner: 2, classes: 2 };
  const network = networkOf('bilstm', config);
  const parameters = ParameterStore.initialize(network.parameters, 1).tensors();
  const bytes = encodeModel({ graph: staticGraph(network, parameters) });

  /** The model; null where it is refused, which must be by an error that says so. */
  function decodeOrRefuse(content: Uint8Array): Model | null {
    try {
      return decodeModel(content);
    } catch (error) {
      expect(error).toBeInstanceOf(RetortError);
      expect(error).toMatchObject({ code: expect.stringMatching(/^(onnx|graph)_/) });
      return null;
    }
  }

  test.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('<!doctype html><title>404</title>')],
    ['zeros', new Uint8Array(64)],
    ['ones', new Uint8Array(64).fill(0xff)],
    ['a length far past the end', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07)],
    ['half a model', bytes.subarray(0, bytes.length / 2)],
  ])('%s', async (_what, content) => {
    expect(decodeOrRefuse(content)).toBeNull();
    await expect(openSession(content)).rejects.toMatchObject({ code: 'session_refused' });
  });

  test('a model that is cut anywhere is refused', () => {
    // Fields stand in a row, so a cut between two of the last of them leaves a model without those.
    const whole = decodeModel(bytes);
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = decodeOrRefuse(bytes.subarray(0, length));
      if (cut !== null) expect(cut.graph).toEqual(whole.graph);
    }
  });

  test('a model with bits flipped is read as another, or refused', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8 * bytes.length - 1), { minLength: 1, maxLength: 4 }), (bits) => {
        const flipped = Uint8Array.from(bytes);
        for (const bit of bits) flipped[bit >> 3]! ^= 1 << (bit & 7);
        decodeOrRefuse(flipped);
      }),
      { numRuns: 1000 },
    );
  });

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
        decodeOrRefuse(content);
      }),
      { numRuns: 1000 },
    );
  });

  test('a graph within a graph within a graph, a thousand deep', () => {
    let graph: Graph = {
      name: 'g',
      inputs: [],
      outputs: [],
      nodes: [],
      initializers: new Map(),
      types: new Map(),
    };
    for (let depth = 0; depth < 1000; depth += 1) {
      const attributes: Node['attributes'] = { body: { kind: 'graph', value: graph } };
      graph = {
        ...graph,
        nodes: [{ name: 'n', domain: '', opType: 'If', inputs: [], outputs: [], attributes }],
      };
    }
    expect(decodeOrRefuse(encodeModel({ graph }))).toBeNull();
  });

  test('a tensor whose data are not those of its shape', () => {
    const initializers = new Map([['w', float32([1, 2, 3, 4])]]);
    const graph: Graph = { name: 'g', inputs: [], outputs: [], nodes: [], initializers, types: new Map() };
    for (const shape of [[5], [2, 3], [-4], [-2, -2], [2 ** 52, 2 ** 52], []]) {
      const lying: Tensor = { ...tensor('float32', Float32Array.of(1, 2, 3, 4), [4]), shape };
      expect(
        decodeOrRefuse(encodeModel({ graph: { ...graph, initializers: new Map([['w', lying]]) } })),
      ).toBeNull();
    }
  });
});
