/** Projections and heads of attention in spellings that no fixture has, each fused and equal. */
import { expect, test } from '@jest/globals';
import { int } from '../../../core/graph/attributes.js';
import { int64 } from '../../../core/tensor.js';
import {
  expectOneAttention,
  heads,
  hidden,
  optimizedLayer,
  type Spellings,
  width,
} from '../../fixtures/attention-layer.js';

const spellings: Spellings = {
  'without a mask': (l) => l.finish(l.ops.softmax(l.scores(), -1)),
  'one product for all three, split': (l) => {
    const all = l.dense(l.x, 3 * hidden);
    const [q, k, v] = l.builder.node('Split', [all, l.ops.constant(int64([hidden, hidden, hidden]))], {
      outputs: 3,
      attributes: { axis: int(2) },
    });
    return l.finish(l.ops.softmax(l.scores(l.split(q!), l.split(k!)), -1), l.split(v!));
  },
  'one product for all three, taken from an axis of 3': (l) => {
    const all = l.ops.transpose(
      l.ops.reshape(l.dense(l.x, 3 * hidden), [0, 0, 3, heads, width]),
      [2, 0, 3, 1, 4],
    );
    const take = (place: number) => l.ops.gather(all, l.ops.constant(int64([place], [])), 0);
    return l.finish(l.ops.softmax(l.scores(take(0), take(1)), -1), take(2));
  },
  'one product for all three, interleaved by head': (l) => {
    const all = l.ops.transpose(
      l.ops.reshape(l.dense(l.x, 3 * hidden), [0, 0, heads, 3, width]),
      [3, 0, 2, 1, 4],
    );
    const take = (place: number) => l.ops.gather(all, l.ops.constant(int64([place], [])), 0);
    return l.finish(l.ops.softmax(l.scores(take(0), take(1)), -1), take(2));
  },
  'without biases, queries and keys scaled apart': (l) => {
    const part = () => l.split(l.ops.matMul(l.x, l.weights([hidden, hidden])));
    const root = l.scalar(width ** -0.25);
    const keys = l.ops.mul(l.ops.transpose(part(), [0, 1, 3, 2]), root);
    const scores = l.ops.matMul(l.ops.mul(part(), root), keys);
    return l.finish(l.ops.softmax(scores, -1), part());
  },
};

test.each(Object.entries(spellings))('%s', (_, spell) => expectOneAttention(spell));

const folded: Spellings = {
  'rows first': (l) => l.out(l.ops.transpose(l.ofFolded(false), [1, 0, 2])),
  'time first': (l) => l.out(l.ops.transpose(l.ofFolded(true), [1, 0, 2])),
  'time first, to the end': (l) => l.out(l.ofFolded(true)),
  'time first, with a mask of each head': (l) => {
    const [batch, one] = [l.one('Shape', [l.ids]), l.ops.constant(int64([1]))];
    const place = (at: number) => l.ops.gather(batch, l.ops.constant(int64([at], [1])), 0);
    const apart = l.ops.concat([place(0), l.ops.constant(int64([heads])), one, place(1)], 0);
    const each = l.one('Expand', [l.added(l.padding(), -1e9), apart]);
    const both = l.ops.mul(place(0), l.ops.constant(int64([heads])));
    const mask = l.one('Reshape', [each, l.ops.concat([both, one, place(1)], 0)]);
    return l.out(l.ops.transpose(l.ofFolded(true, mask), [1, 0, 2]));
  },
  'one head, of which no axis tells': (l) => {
    const scores = l.ops.matMul(l.dense(l.x), l.ops.transpose(l.dense(l.x), [0, 2, 1]));
    return l.out(l.ops.matMul(l.ops.softmax(scores, -1), l.dense(l.x)));
  },
};

test.each(Object.entries(folded))('heads folded into the axis of rows: %s', async (name, spell) => {
  const { optimized, validation } = await optimizedLayer(spell);
  const operators = optimized.model.graph.nodes.map(({ opType }) => opType);
  expect(optimized.refusals).toEqual([]);
  expect(operators.filter((one) => one === 'Attention')).toHaveLength(1);
  expect(operators.filter((one) => one === 'Transpose')).toHaveLength(name.endsWith('to the end') ? 1 : 0);
  for (const gone of ['Softmax', 'Shape', 'Reshape']) expect(operators).not.toContain(gone);
  expect(validation.skipped).toEqual([]);
});

const acrossValues: Spellings = {
  'keys and values of another value, with a mask': (l) => {
    const other = l.ops.relu(l.x);
    const masked = l.ops.equal(l.ops.unsqueeze(l.mask(), [1, 2]), l.ops.constant(int64([0], [])));
    const scores = l.scores(undefined, l.split(l.dense(other)));
    const probabilities = l.ops.softmax(l.ops.where(masked, l.scalar(-3.4e38), scores), -1);
    return l.finish(probabilities, l.split(l.dense(other)));
  },
  'keys and values of one product of another value': (l) => {
    const all = l.dense(l.ops.relu(l.x), 2 * hidden);
    const [k, v] = l.ops.split(all, 2, [hidden, hidden]);
    return l.finish(l.ops.softmax(l.scores(undefined, l.split(k!)), -1), l.split(v!));
  },
};

test.each(Object.entries(acrossValues))('%s', async (_, spell) => {
  const { optimized, validation } = await optimizedLayer(spell);
  expect(optimized.refusals).toEqual([]);
  const operators = optimized.model.graph.nodes.map(({ opType }) => opType);
  expect(operators.filter((one) => one === 'MultiHeadAttention')).toHaveLength(1);
  expect(operators).not.toContain('Softmax');
  expect(validation.skipped).toEqual([]);
});
