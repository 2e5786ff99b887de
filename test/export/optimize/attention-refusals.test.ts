/** Attention that is left alone, with its reason. */
import { expect, test } from '@jest/globals';
import type { Model } from '../../../core/graph/ir.js';
import { type AttentionLayer, hidden, optimizedLayer } from '../../fixtures/attention-layer.js';

const refusals: Readonly<Record<string, { spell: (layer: AttentionLayer) => Model; reason: RegExp }>> = {
  'a mask of numbers that are not known': {
    spell: (l) => {
      const bias = l.builder.input('bias', 'float32', ['batch', 1, 1, 'time']);
      return l.finish(l.ops.softmax(l.ops.add(l.scores(), bias), -1));
    },
    reason: /not read as a mask/,
  },
  'keys of a value with another number of rows': {
    spell: (l) => {
      const row = l.builder.input('row', 'float32', [1, 'time', hidden]);
      return l.finish(l.ops.softmax(l.scores(undefined, l.split(l.dense(row))), -1));
    },
    reason: /other numbers of rows/,
  },
  'a mask of places and one of rows that add up to one filter': {
    spell: (l) => {
      const scores = l.ops.where(l.later(), l.scalar(-1e9), l.scores());
      return l.finish(l.ops.softmax(l.ops.add(scores, l.added(l.padding(), -1e9)), -1));
    },
    reason: /a query gets that sees no key cannot be kept/,
  },
  'a mask of places and one of rows whose filter leaves scores': {
    spell: (l) => {
      const kept = l.one('And', [l.one('Not', [l.later()]), l.one('Not', [l.padding()])]);
      return l.finish(l.ops.softmax(l.ops.add(l.scores(), l.added(l.one('Not', [kept]), -10000)), -1));
    },
    reason: /a query gets that sees no key cannot be kept/,
  },
  'keys that are masked where two things hold at once': {
    spell: (l) => {
      const masked = l.one('And', [l.later(), l.padding()]);
      return l.finish(l.ops.softmax(l.ops.where(masked, l.scalar(-1e9), l.scores()), -1));
    },
    reason: /several things hold at once/,
  },
  'probabilities that are read': {
    spell: (l) => {
      const probabilities = l.ops.softmax(l.scores(), -1);
      l.builder.output('p', l.ops.relu(probabilities));
      return l.finish(probabilities);
    },
    reason: /read by others/,
  },
  'a mask that depends on the query': {
    spell: (l) => {
      const places = l.places();
      const later = l.ops.less(l.ops.unsqueeze(places, [1, 3]), l.ops.unsqueeze(places, [1, 2]));
      return l.finish(l.ops.softmax(l.ops.where(later, l.scores(), l.scalar(-1e9)), -1));
    },
    reason: /length of each row/,
  },
  'values that are scaled': {
    spell: (l) => l.finish(l.ops.softmax(l.scores(), -1), l.ops.mul(l.split(l.dense(l.x)), l.scalar(2))),
    reason: /values are scaled/,
  },
  'projections that are no products': {
    spell: (l) => l.finish(l.ops.softmax(l.scores(l.split(l.ops.relu(l.x))), -1)),
    reason: /not the product/,
  },
};

test.each(Object.entries(refusals))('left alone, and said so: %s', async (_, { spell, reason }) => {
  const { optimized } = await optimizedLayer(spell);
  expect(optimized.refusals.map((one) => `${one.rule}: ${one.reason}`)).toEqual([
    expect.stringMatching(reason),
  ]);
});
