/** What cleaning alone makes of graphs: the same outputs with fewer nodes; and which graphs are refused. */
import { create, toBinary } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import { FunctionProtoSchema } from 'onnx-buf';
import { openSession } from '../../../core/engines/session.js';
import { GraphBuilder } from '../../../core/graph/builder.js';
import type { Graph, Model, Node } from '../../../core/graph/ir.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import { float32, tensor, toNumbers } from '../../../core/tensor.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { optimizeModel, defaultOptions } from '../../../export/optimize/optimize.js';
import { graphModel } from '../../fixtures/graph-model.js';

function relu(name: string, input: string, output: string): Node {
  return { name, domain: '', opType: 'Relu', inputs: [input], outputs: [output], attributes: {} };
}

function modelOf(nodes: readonly Node[], outputs: readonly string[], changed: Partial<Model> = {}): Model {
  const graph: Graph = {
    name: 'g',
    inputs: ['x'],
    outputs,
    nodes,
    initializers: new Map(),
    types: new Map([
      ['x', { dtype: 'float32', shape: ['batch', 4] }],
      ...outputs.map((name) => [name, { dtype: 'float32', shape: ['batch', 4] }] as const),
    ]),
  };
  return graphModel(graph, changed);
}

test.each([6, 27])('opset %d is refused', async (opset) => {
  const model = modelOf([relu('a', 'x', 'y')], ['y'], { opsets: new Map([['', opset]]) });
  await expect(optimizeModel(model)).rejects.toMatchObject({ code: 'opset_outside' });
});

test('a graph with a cycle is refused', async () => {
  const model = modelOf([relu('a', 'z', 'y'), relu('b', 'y', 'z')], ['z']);
  await expect(optimizeModel(model)).rejects.toMatchObject({ code: 'graph_cyclic' });
});

test('nodes of one name stay two nodes', async () => {
  const model = modelOf([relu('a', 'x', 'y'), relu('a', 'y', 'z')], ['z']);
  const { model: after } = await optimizeModel(model);
  expect(after.graph.nodes.length).toBe(2);
  expect(new Set(after.graph.nodes.map(({ name }) => name)).size).toBe(2);
});

test('an input with a default is no constant, and may still be given or left out', async () => {
  const scaled: Node = {
    name: 'scaled',
    domain: '',
    opType: 'Mul',
    inputs: ['x', 's'],
    outputs: ['y'],
    attributes: {},
  };
  const plain = modelOf([scaled], ['y']);
  const { graph } = plain;
  const model = {
    ...plain,
    graph: {
      ...graph,
      inputs: ['x', 's'],
      defaults: new Map([['s', float32([1], [])]]),
      types: new Map([...graph.types, ['s', { dtype: 'float32', shape: [] }] as const]),
    },
  };
  const { optimized } = await optimizeChecked(model, defaultOptions, {
    tolerance: 1e-5,
    inputs: {},
    texts: [],
  });
  const { inputs, defaults, nodes } = optimized.model.graph;
  expect([inputs, defaults, nodes.length]).toEqual([['x', 's'], model.graph.defaults, 1]);
});

test('an unknown rule is refused', async () => {
  const model = modelOf([relu('a', 'x', 'y')], ['y']);
  await expect(optimizeModel(model, { ...defaultOptions, disabled: ['no-such'] })).rejects.toMatchObject({
    code: 'optimizer_rule_unknown',
  });
});

test('small quantised weights stay quantised', async () => {
  const builder = new GraphBuilder('g');
  const [scale, zero] = [
    builder.initializer('scale', float32([0.02], [])),
    builder.initializer('zero', tensor('int8', Int8Array.of(0), [])),
  ];
  const x = builder.input('x', 'float32', ['batch', 4]);
  const [rounded] = builder.node('QuantizeLinear', [x, scale, zero]);
  const [back] = builder.node('DequantizeLinear', [rounded!, scale, zero]);
  const stored = builder.initializer(
    'w',
    tensor(
      'int8',
      Int8Array.from({ length: 16 }, (_, at) => at),
      [4, 4],
    ),
  );
  const [weights] = builder.node('DequantizeLinear', [stored, scale, zero]);
  builder.output('y', builder.node('MatMul', [back!, weights!])[0]!);
  const { model: after } = await optimizeModel(graphModel(builder.build()));
  expect(after.graph.nodes.map(({ opType }) => opType).sort()).toEqual([
    'DequantizeLinear',
    'DequantizeLinear',
    'MatMul',
    'QuantizeLinear',
  ]);
});

test('functions of one name are told apart by their overload, and what is said of a model is kept', async () => {
  const functionOf = (overload: string, opType: string) =>
    toBinary(
      FunctionProtoSchema,
      create(FunctionProtoSchema, {
        name: 'F',
        domain: 'my',
        overload,
        input: ['a'],
        output: ['b'],
        node: [{ opType, input: ['a'], output: ['b'] }],
        opsetImport: [{ domain: '', version: 17n }],
      }),
    );
  const call = (overload: string, output: string): Node => ({
    ...relu(overload, 'x', output),
    domain: 'my',
    opType: 'F',
    overload,
    notes: { metadata: new Map([['layer', overload]]) },
  });
  const add: Node = { ...relu('sum', '', 'y'), opType: 'Add', inputs: ['p', 'n'], notes: { doc: 'the sum' } };
  const model = modelOf([call('one', 'p'), call('two', 'n'), add], ['y'], {
    irVersion: 10,
    opsets: new Map([
      ['', 17],
      ['my', 1],
    ]),
    functions: [functionOf('one', 'Relu'), functionOf('two', 'Neg')],
    notes: { modelVersion: 3n },
  });
  const { model: after } = await optimizeModel(decodeModel(encodeModel(model)));
  expect(after.notes).toEqual({ modelVersion: 3n });
  expect(after.graph.nodes.map(({ overload, notes }) => [overload, notes])).toEqual([
    ['one', { metadata: new Map([['layer', 'one']]) }],
    ['two', { metadata: new Map([['layer', 'two']]) }],
    [undefined, { doc: 'the sum' }],
  ]);
  const session = await openSession(encodeModel(after), { optimization: 'disabled' });
  const { y } = await session.run({ x: float32([1, -2, 3, -4], [1, 4]) });
  await session.close();
  expect(toNumbers(y!)).toEqual([0, 2, 0, 4]);
});
