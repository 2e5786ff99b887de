/** Masks of attention in spellings that no fixture has, each fused and equal. */
import { expect, test } from '@jest/globals';
import { int } from '../../../core/graph/attributes.js';
import type { Model } from '../../../core/graph/ir.js';
import { float32, int64, tensor } from '../../../core/tensor.js';
import { expectOneAttention, optimizedLayer, type Spellings } from '../../fixtures/attention-layer.js';

const spellings: Spellings = {
  '(1 - mask) * -10000': (l) => {
    const kept = l.ops.cast(l.ops.unsqueeze(l.mask(), [1, 2]), 'float32');
    const added = l.ops.mul(l.ops.sub(l.scalar(1), kept), l.scalar(-10000));
    return l.finish(l.ops.softmax(l.ops.add(l.scores(), added), -1));
  },
  'an int32 mask, added first': (l) => {
    const kept = l.ops.cast(l.ops.unsqueeze(l.mask('int32'), [1, 2]), 'bool');
    const added = l.ops.where(kept, l.scalar(0), l.scalar(-3.4e38));
    return l.finish(l.ops.softmax(l.ops.add(added, l.scores()), -1));
  },
  'scores replaced where a bool mask is false': (l) => {
    const kept = l.ops.unsqueeze(l.mask('bool'), [1, 2]);
    return l.finish(l.ops.softmax(l.ops.where(kept, l.scores(), l.scalar(-3.4e38)), -1));
  },
  'scores replaced where a uint8 mask is not 1': (l) => {
    const one = l.ops.constant(tensor('uint8', Uint8Array.of(1), []));
    const kept = l.ops.equal(l.ops.unsqueeze(l.mask('uint8'), [1, 2]), one);
    return l.finish(l.ops.softmax(l.ops.where(kept, l.scores(), l.scalar(-3.4e38)), -1));
  },
  'scores replaced by -Infinity, unguarded': (l) => {
    const masked = l.ops.equal(l.ops.unsqueeze(l.mask(), [1, 2]), l.ops.constant(int64([0], [])));
    return l.finish(l.ops.softmax(l.ops.where(masked, l.scalar(-Infinity), l.scores()), -1));
  },
  'padding known by its id, 1': (l) => {
    const padding = l.ops.equal(l.ops.unsqueeze(l.ids, [1, 2]), l.ops.constant(int64([1], [])));
    const added = l.ops.mul(l.ops.cast(padding, 'float32'), l.scalar(-1e9));
    return l.finish(l.ops.softmax(l.ops.add(l.scores(), added), -1));
  },
  'lengths of rows': (l) => {
    const lengths = l.builder.input('lengths', 'int64', ['batch']);
    const row = l.ops.mul(
      l.ops.gather(l.ids, l.ops.constant(int64([0], [1])), 0),
      l.ops.constant(int64([0], [])),
    );
    const places = l.ops.sub(
      l.ops.cumSum(l.ops.add(row, l.ops.constant(int64([1], []))), 1),
      l.ops.constant(int64([1], [])),
    );
    const kept = l.ops.less(places, l.ops.unsqueeze(lengths, [1]));
    const added = l.ops.unsqueeze(l.ops.where(kept, l.scalar(0), l.scalar(-1e4)), [1, 2]);
    return l.finish(l.ops.softmax(l.ops.add(l.scores(), added), -1));
  },
  'keys up to the query, by their places': (l) => {
    const places = l.places();
    const later = l.ops.less(l.ops.unsqueeze(places, [1, 3]), l.ops.unsqueeze(places, [1, 2]));
    return l.finish(l.ops.softmax(l.ops.where(later, l.scalar(-1e9), l.scores()), -1));
  },
  // As PyTorch's TorchScript exporter writes scaled_dot_product_attention(is_causal=True).
  'keys up to the query, by a triangle of ones': (l) => {
    const shape = l.one('Shape', [l.ids]);
    const time = l.ops.gather(shape, l.ops.constant(int64([1], [1])), 0);
    const ones = l.ops.expand(l.scalar(1), l.ops.concat([time, time], 0));
    const later = l.ops.equal(l.one('Trilu', [ones], { upper: int(0) }), l.scalar(0));
    const added = l.ops.where(later, l.scalar(-Infinity), l.scalar(0));
    return l.finish(l.ops.softmax(l.ops.add(l.scores(), added), -1));
  },
  'keys up to the query, by a constant triangle of rows of one length': (l) => {
    const time = 6;
    const triangle = Float32Array.from({ length: time * time }, (_, at) =>
      at % time > Math.floor(at / time) ? -Infinity : 0,
    );
    const scores = l.ops.add(l.scores(), l.ops.constant(float32(triangle, [1, time, time])));
    return withLength(l.finish(l.ops.softmax(scores, -1)), time);
  },
  'keys up to the query that a mask keeps, chosen at once': (l) => {
    const kept = l.one('And', [l.one('Not', [l.later()]), l.one('Not', [l.padding()])]);
    return l.finish(l.ops.softmax(l.ops.where(kept, l.scores(), l.scalar(-3.4028235e38)), -1));
  },
  'keys up to the query that a mask keeps, chosen at once, with -Infinity and a guard': (l) => {
    const masked = l.one('Or', [l.padding(), l.later()]);
    const probabilities = l.ops.softmax(l.ops.where(masked, l.scalar(-Infinity), l.scores()), -1);
    const guarded = l.ops.where(l.one('IsNaN', [probabilities]), l.scalar(0), probabilities);
    return l.finish(guarded);
  },
  'keys up to the query that a mask keeps, each with -Infinity': (l) => {
    const both = l.ops.add(l.added(l.later(), -Infinity), l.added(l.padding(), -Infinity));
    return l.finish(l.ops.softmax(l.ops.add(l.scores(), both), -1));
  },
  'keys up to the query that a mask keeps, one filter far below the other': (l) => {
    const scores = l.ops.where(l.later(), l.scalar(-1e9), l.scores());
    return l.finish(l.ops.softmax(l.ops.add(scores, l.added(l.padding(), -10000)), -1));
  },
  'keys up to the query that a mask keeps, the later ones with -Infinity': (l) => {
    const scores = l.ops.add(
      l.ops.add(l.scores(), l.added(l.padding(), -3.4e38)),
      l.added(l.later(), -Infinity),
    );
    return l.finish(l.ops.softmax(scores, -1));
  },
  'keys up to the query that a mask of integers keeps': (l) => {
    const kept = l.ops.cast(l.ops.unsqueeze(l.mask(), [1, 2]), 'float32');
    const added = l.ops.mul(l.ops.sub(l.scalar(1), kept), l.scalar(-10000));
    const scores = l.ops.where(l.later(), l.scalar(-Infinity), l.scores());
    return l.finish(l.ops.softmax(l.ops.add(scores, added), -1));
  },
  'a mask that is masked once more where it is': (l) => {
    const masked = l.ops.sub(l.scalar(1), l.ops.cast(l.ops.unsqueeze(l.mask(), [1, 2]), 'float32'));
    const added = l.ops.where(l.ops.cast(masked, 'bool'), l.scalar(-3.4e38), masked);
    return l.finish(l.ops.softmax(l.ops.add(l.scores(), added), -1));
  },
  "ai.onnx's Attention that looks back only": (l) => {
    const part = () => l.split(l.dense(l.x));
    return l.merge(l.one('Attention', [part(), part(), part()], { is_causal: int(1) }), 23);
  },
  "ai.onnx's Attention that looks back only, with a bool mask": (l) => {
    const part = () => l.split(l.dense(l.x));
    const each = l.eachQuery(l.ops.unsqueeze(l.mask('bool'), [1, 2]));
    return l.merge(l.one('Attention', [part(), part(), part(), each], { is_causal: int(1) }), 23);
  },
  "ai.onnx's Attention that looks back only, with numbers that are added": (l) => {
    const part = () => l.split(l.dense(l.x));
    const each = l.eachQuery(l.added(l.padding(), -10000));
    return l.merge(l.one('Attention', [part(), part(), part(), each], { is_causal: int(1) }), 23);
  },
  "ai.onnx's Attention with a bool mask": (l) => {
    const part = () => l.split(l.dense(l.x));
    const each = l.eachQuery(l.ops.unsqueeze(l.mask('bool'), [1, 2]));
    return l.merge(l.one('Attention', [part(), part(), part(), each]), 23);
  },
};

/** A model whose rows have one length, as the TorchScript exporter writes nn.MultiheadAttention. */
function withLength(model: Model, time: number): Model {
  const { graph } = model;
  const types = Array.from(graph.types, ([name, type]) => {
    const shape = graph.inputs.includes(name) ? (type.shape?.with(1, time) ?? null) : type.shape;
    return [name, { ...type, shape }] as const;
  });
  const given = types.filter(([name]) => graph.inputs.includes(name) || graph.outputs.includes(name));
  return { ...model, graph: { ...graph, types: new Map(given) } };
}

test.each(Object.entries(spellings))('%s', (_, spell) => expectOneAttention(spell));

test('a filter that the kernel for CUDA reads in another way is left alone there', async () => {
  const { optimized } = await optimizedLayer(
    spellings['keys up to the query that a mask keeps, chosen at once']!,
    { target: 'cuda' },
  );
  expect(optimized.refusals.map(({ reason }) => reason)).toEqual([expect.stringMatching(/CUDA/)]);
});
