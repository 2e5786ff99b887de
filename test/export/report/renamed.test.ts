import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../../core/graph/builder.js';
import type { Graph } from '../../../core/graph/ir.js';
import { renamed } from '../../../export/report/renamed.js';

/** x -> a -> b, whose nodes have these names. */
function chain(...names: string[]): Graph {
  const builder = new GraphBuilder('chain');
  let value = builder.input('x', 'float32', [1]);
  for (const place of names.keys())
    value = builder.node('Relu', [value], { outputs: [`value${String(place)}`] })[0]!;
  const graph = builder.build();
  return { ...graph, nodes: graph.nodes.map((node, place) => ({ ...node, name: names[place]! })) };
}

test('nodes are told apart by what they give: those that are named anew keep their rule', () => {
  const [before, given] = [chain('first', 'second'), chain('p', 'q')];
  const [made, written] = [chain('r', 's'), chain('t', 'u', 'v')];
  const rewrites = [{ rule: 'fuse', step: 1, removed: ['p', 'elsewhere'], added: ['s'] }];
  expect(renamed(rewrites, { from: before, to: given }, { from: made, to: written, name: 'store' })).toEqual([
    { rule: 'fuse', step: 1, removed: ['first', 'elsewhere'], added: ['u'] },
    { rule: 'store', step: 2, removed: [], added: ['v'] },
  ]);
});

test('a pass that changes nothing is no rewrite', () => {
  const graph = chain('a');
  expect(renamed([], { from: graph, to: graph }, { from: graph, to: graph, name: 'store' })).toEqual([]);
});
