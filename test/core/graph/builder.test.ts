/** Building graphs: names, constants, outputs and subgraphs. */
import { describe, expect, test } from '@jest/globals';
import { GraphBuilder } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Graph } from '../../../core/graph/ir.js';
import { float32, int64 } from '../../../core/tensor.js';

function start() {
  const builder = new GraphBuilder('g');
  return { builder, ops: new GraphOps(builder), x: builder.input('x', 'float32', ['batch_size', 3]) };
}

test('every node and value has a name of its own, in a subgraph too', () => {
  const { builder, ops, x } = start();
  const inner = builder.subgraph('body');
  for (const one of [ops, ops, new GraphOps(inner)]) one.tanh(one.neg(x));
  const nodes = [...builder.build().nodes, ...inner.build().nodes];
  const names = nodes.flatMap(({ name, outputs }) => [name, ...outputs]);
  expect(new Set(names).size).toBe(names.length);
});

test('a name is given once', () => {
  const { builder } = start();
  expect(() => builder.input('x', 'float32', [])).toThrow(RangeError);
  expect(() => builder.initializer('x', float32([1]))).toThrow(RangeError);
});

test('a subgraph sees the types and constants around it, not the other way round', () => {
  const { builder } = start();
  const inner = builder.subgraph('body');
  const shape = builder.constant(int64([3, 2]));
  inner.input('y', 'float32', [2, 3]);
  expect(inner.typeOf('x')).toEqual({ dtype: 'float32', shape: ['batch_size', 3] });
  expect(inner.constantOf(shape)).toEqual(int64([3, 2]));
  expect(builder.typeOf('y')).toBeUndefined();
  const y = { name: 'y', type: inner.typeOf('y')! };
  expect(new GraphOps(inner).reshape(y, [3, 2]).type.shape).toEqual([3, 2]);
});

test('outputs that are absent have no name to take, however many there are', () => {
  const { builder, x } = start();
  for (const last of ['one', 'two']) {
    const [first, , third] = builder.node('LSTM', [x, x, x], { outputs: ['', '', last] });
    expect([first!.name, third!.name]).toEqual(['', last]);
  }
  expect(builder.build().types.has('')).toBe(false);
});

describe('constants', () => {
  test('small ones with the same contents are one initializer', () => {
    const { builder, ops } = start();
    expect(ops.constant(int64([1, 2]))).toEqual(ops.constant(int64([1, 2])));
    expect(builder.build().initializers.size).toBe(1);
  });

  test('those that differ in dtype, shape or the sign of a zero are not', () => {
    const { builder, ops } = start();
    for (const one of [int64([0]), int64([0], []), float32([0]), float32([-0]), float32([NaN]), float32([1])])
      ops.constant(one);
    expect(builder.build().initializers.size).toBe(6);
  });
});

describe('outputs', () => {
  test('take the name that they are given', () => {
    const { builder, ops, x } = start();
    builder.output('y', ops.tanh(x));
    const graph = builder.build();
    expect(graph.outputs).toEqual(['y']);
    expect(graph.nodes.map(({ opType, outputs }) => [opType, outputs])).toEqual([['Tanh', ['y']]]);
    expect(graph.types.get('y')).toEqual({ dtype: 'float32', shape: ['batch_size', 3] });
  });

  /** Every name that a node reads stands before it, and every output is an output of a node. */
  function expectWhole({ inputs, outputs, nodes, types }: Graph, outer: readonly string[] = []): void {
    const known = new Set([...outer, ...inputs]);
    for (const node of nodes) {
      for (const input of node.inputs) expect([...known]).toContain(input);
      const { body } = node.attributes;
      if (body?.kind === 'graph') expectWhole(body.value, [...known]);
      for (const output of node.outputs) known.add(output);
    }
    for (const output of outputs) {
      expect([...known]).toContain(output);
      expect(types.get(output)).toBeDefined();
    }
  }

  test('may be a value that is read before or after, an input, and one value twice', () => {
    const { builder, ops, x } = start();
    const [read, late, twice] = [ops.tanh(x), ops.exp(x), ops.erf(x)];
    ops.neg(read);
    builder.output('read', read);
    builder.output('late', late);
    builder.output('rest', ops.neg(late));
    builder.output('input', x);
    builder.output('one', twice);
    builder.output('two', twice);
    const graph = builder.build();
    expect(graph.outputs).toEqual(['read', 'late', 'rest', 'input', 'one', 'two']);
    expectWhole(graph);
  });

  test('may be a value that a subgraph reads, before or after', () => {
    const { builder, ops, x } = start();
    const body = builder.subgraph('body');
    const inner = new GraphOps(body);
    const [before, after] = [ops.tanh(x), ops.exp(x)];
    const sum = inner.neg(before);
    builder.output('before', before);
    builder.output('after', after);
    body.output('sum', inner.add(sum, after));
    builder.node('If', [x], { attributes: { body: { kind: 'graph', value: body.build() } } });
    expectWhole(builder.build());
  });
});
