/** Attention in spellings that no fixture has, each fused and equal; and what is left alone, with its reason. */
import { describe, expect, test } from '@jest/globals';
import { int } from '../../../core/graph/attributes.js';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Model } from '../../../core/graph/ir.js';
import { float32, int64 } from '../../../core/tensor.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions } from '../../../export/optimize/optimize.js';
import { graphModel } from '../../fixtures/graph-model.js';

const [heads, width] = [2, 4];
const hidden = heads * width;

/** A layer under construction, and the spellings that vary. */
class Layer {
  readonly builder = new GraphBuilder('layer');
  readonly ops = new GraphOps(this.builder);
  readonly ids = this.builder.input('input_ids', 'int64', ['batch', 'time']);
  readonly x: GraphValue;
  #seed = 0;

  constructor() {
    this.x = this.ops.gather(this.weights([9, hidden]), this.ids, 0);
  }

  weights(shape: readonly number[]): GraphValue {
    const size = shape.reduce((a, b) => a * b, 1);
    return this.builder.initializer(
      this.builder.unique('w'),
      float32(
        Float32Array.from({ length: size }, () => Math.sin((this.#seed += 1))),
        shape,
      ),
    );
  }

  scalar(value: number): GraphValue {
    return this.ops.constant(float32([value], []));
  }

  dense(x: GraphValue, columns = hidden): GraphValue {
    return this.ops.add(this.ops.matMul(x, this.weights([hidden, columns])), this.weights([columns]));
  }

  split(x: GraphValue): GraphValue {
    return this.ops.transpose(this.ops.reshape(x, [0, 0, heads, width]), [0, 2, 1, 3]);
  }

  scores(q = this.split(this.dense(this.x)), k = this.split(this.dense(this.x))): GraphValue {
    return this.ops.div(
      this.ops.matMul(q, this.ops.transpose(k, [0, 1, 3, 2])),
      this.scalar(Math.sqrt(width)),
    );
  }

  finish(probabilities: GraphValue, v = this.split(this.dense(this.x))): Model {
    return this.merge(this.ops.matMul(probabilities, v));
  }

  merge(context: GraphValue, opset = 17): Model {
    const merged = this.ops.reshape(this.ops.transpose(context, [0, 2, 1, 3]), [0, 0, hidden]);
    this.builder.output('y', this.dense(merged));
    return this.model(opset);
  }

  out(y: GraphValue): Model {
    this.builder.output('y', this.dense(y));
    return this.model();
  }

  model(opset = 17): Model {
    return graphModel(this.builder.build(), { irVersion: 10, opsets: new Map([['', opset]]) });
  }

  /** 0, 1, 2, … of each row. */
  places(): GraphValue {
    const nothing = this.ops.mul(this.ids, this.ops.constant(int64([0], [])));
    const one = this.ops.constant(int64([1], []));
    return this.ops.sub(this.ops.cumSum(this.ops.add(nothing, one), 1), one);
  }

  mask(dtype: 'int64' | 'int32' | 'bool' = 'int64', name = 'attention_mask'): GraphValue {
    return this.builder.input(name, dtype, ['batch', 'time']);
  }

  /** Of later keys than the query, bool, [1, 1, queries, keys]. */
  later(): GraphValue {
    const places = this.places();
    return this.ops.less(this.ops.unsqueeze(places, [1, 3]), this.ops.unsqueeze(places, [1, 2]));
  }

  /** Of keys that a mask masks, bool, [batch, 1, 1, keys]. */
  padding(): GraphValue {
    return this.ops.equal(this.ops.unsqueeze(this.mask(), [1, 2]), this.ops.constant(int64([0], [])));
  }

  /** Of [batch, 1, 1, keys] the same for every query, [batch, 1, queries, keys]. */
  eachQuery(mask: GraphValue): GraphValue {
    const [shape, one] = [this.one('Shape', [this.ids]), this.ops.constant(int64([1]))];
    const place = (at: number) => this.ops.gather(shape, this.ops.constant(int64([at], [1])), 0);
    return this.one('Expand', [mask, this.ops.concat([place(0), one, place(1), place(1)], 0)]);
  }

  /** What is added where a truth holds. */
  added(where: GraphValue, filter: number): GraphValue {
    return this.ops.where(where, this.scalar(filter), this.scalar(0));
  }

  /** x [batch, time, hidden] or, time first, as [batch * heads, time, width], as nn.MultiheadAttention does. */
  folded(x: GraphValue, isTimeMajor: boolean): GraphValue {
    const [dense, rows] = [this.dense(x), this.builder.node('Shape', [this.ids])[0]!];
    const timeMajor = isTimeMajor ? dense : this.ops.transpose(dense, [1, 0, 2]);
    const place = (at: number) => this.ops.gather(rows, this.ops.constant(int64([at], [1])), 0);
    const both = this.ops.mul(place(0), this.ops.constant(int64([heads])));
    const target = this.ops.concat([place(1), both, this.ops.constant(int64([width]))], 0);
    return this.ops.transpose(this.one('Reshape', [timeMajor, target]), [1, 0, 2]);
  }

  /** softmax(q k^T / sqrt(width) + mask) v of folded heads, side by side again: [time, batch, hidden]. */
  ofFolded(isTimeMajor: boolean, mask?: GraphValue): GraphValue {
    const x = isTimeMajor ? this.ops.transpose(this.x, [1, 0, 2]) : this.x;
    const [q, k, v] = [0, 1, 2].map(() => this.folded(x, isTimeMajor));
    const product = this.ops.matMul(
      this.ops.mul(q!, this.scalar(width ** -0.5)),
      this.ops.transpose(k!, [0, 2, 1]),
    );
    const scores = mask === undefined ? product : this.ops.add(product, mask);
    const context = this.ops.transpose(this.ops.matMul(this.ops.softmax(scores, -1), v!), [1, 0, 2]);
    const timeFirst = this.one('Shape', [this.ops.transpose(this.x, [1, 0, 2])]);
    return this.one('Reshape', [context, timeFirst]);
  }

  one(opType: string, inputs: readonly GraphValue[], attributes = {}): GraphValue {
    return this.builder.node(opType, inputs, { attributes })[0]!;
  }
}

const spellings: Readonly<Record<string, (layer: Layer) => Model>> = {
  'without a mask': (l) => l.finish(l.ops.softmax(l.scores(), -1)),
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

test.each(Object.entries(spellings))('%s', async (_, spell) => {
  const { optimized, validation } = await optimizeChecked(spell(new Layer()), defaultOptions, {
    tolerance: 1e-4,
    inputs: {},
    texts: [],
  });
  const { nodes } = optimized.model.graph;
  expect(optimized.refusals).toEqual([]);
  expect(nodes.filter(({ domain, opType }) => domain !== '' && opType === 'Attention')).toHaveLength(1);
  expect(nodes.some(({ opType }) => opType === 'Softmax' || opType === 'Shape')).toBe(false);
  expect(validation.skipped).toEqual([]);
});

const folded: Readonly<Record<string, (layer: Layer) => Model>> = {
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
  const { optimized, validation } = await optimizeChecked(spell(new Layer()), defaultOptions, {
    tolerance: 1e-4,
    inputs: {},
    texts: [],
  });
  const operators = optimized.model.graph.nodes.map(({ opType }) => opType);
  expect(optimized.refusals).toEqual([]);
  expect(operators.filter((one) => one === 'Attention')).toHaveLength(1);
  expect(operators.filter((one) => one === 'Transpose')).toHaveLength(name.endsWith('to the end') ? 1 : 0);
  for (const gone of ['Softmax', 'Shape', 'Reshape']) expect(operators).not.toContain(gone);
  expect(validation.skipped).toEqual([]);
});

const acrossValues: Readonly<Record<string, (layer: Layer) => Model>> = {
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
  const { optimized, validation } = await optimizeChecked(spell(new Layer()), defaultOptions, {
    tolerance: 1e-4,
    inputs: {},
    texts: [],
  });
  expect(optimized.refusals).toEqual([]);
  const operators = optimized.model.graph.nodes.map(({ opType }) => opType);
  expect(operators.filter((one) => one === 'MultiHeadAttention')).toHaveLength(1);
  expect(operators).not.toContain('Softmax');
  expect(validation.skipped).toEqual([]);
});

const refusals: Readonly<Record<string, { spell: (layer: Layer) => Model; reason: RegExp }>> = {
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

test('a filter that the kernel for CUDA reads in another way is left alone there', async () => {
  const { optimized } = await optimizeChecked(
    spellings['keys up to the query that a mask keeps, chosen at once']!(new Layer()),
    { ...defaultOptions, target: 'cuda' },
    { tolerance: 1e-4, inputs: {}, texts: [] },
  );
  expect(optimized.refusals.map(({ reason }) => reason)).toEqual([expect.stringMatching(/CUDA/)]);
});

describe('left alone, and said so', () => {
  test.each(Object.entries(refusals))('%s', async (_, { spell, reason }) => {
    const { optimized } = await optimizeChecked(spell(new Layer()), defaultOptions, {
      tolerance: 1e-4,
      inputs: {},
      texts: [],
    });
    expect(optimized.refusals.map((one) => `${one.rule}: ${one.reason}`)).toEqual([
      expect.stringMatching(reason),
    ]);
  });
});
