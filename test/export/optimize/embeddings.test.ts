/** Sums of embeddings in the spellings of several families, each one operator and equal. */
import { describe, expect, test } from '@jest/globals';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Model } from '../../../core/graph/ir.js';
import { float32, int64 } from '../../../core/tensor.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions } from '../../../export/optimize/optimize.js';
import { graphModel } from '../../fixtures/graph-model.js';

const width = 8;

class Embeddings {
  readonly builder = new GraphBuilder('embeddings');
  readonly ops = new GraphOps(this.builder);
  readonly ids: GraphValue;
  #seed = 0;

  constructor(dtype: 'int64' | 'int32' = 'int64') {
    this.ids = this.builder.input('input_ids', dtype, ['batch', 'time']);
  }

  input(name: string): GraphValue {
    return this.builder.input(name, 'int64', ['batch', 'time']);
  }

  table(rows: number): GraphValue {
    return this.builder.initializer(
      this.builder.unique('table'),
      float32(
        Array.from({ length: rows * width }, () => Math.sin((this.#seed += 1))),
        [rows, width],
      ),
    );
  }

  int(value: number, shape: readonly number[] = []): GraphValue {
    return this.ops.constant(int64([value], shape));
  }

  lookup(rows: number, indices: GraphValue): GraphValue {
    return this.ops.gather(this.table(rows), indices, 0);
  }

  word(): GraphValue {
    return this.lookup(30, this.ids);
  }

  /** 0, 1, 2 … as Range over the length: [time] */
  counted(): GraphValue {
    const time = this.ops.gather(this.ops.shape(this.ids), this.int(1), 0);
    return this.builder.node('Range', [this.int(0), time, this.int(1)])[0]!;
  }

  finish(...parts: readonly GraphValue[]): Model {
    const sum = parts.reduce((a, b) => this.ops.add(a, b));
    const vector = () =>
      this.builder.initializer(
        this.builder.unique('v'),
        float32(Array.from({ length: width }, () => Math.sin((this.#seed += 1)))),
      );
    this.builder.output('y', this.ops.layerNormalization(sum, vector(), vector(), 1e-6));
    return graphModel(this.builder.build());
  }
}

async function optimized(model: Model) {
  const checks = { tolerance: 1e-5, inputs: {}, texts: [] };
  const { optimized: after } = await optimizeChecked(model, defaultOptions, checks);
  return { operators: after.model.graph.nodes.map(({ opType }) => opType), refusals: after.refusals };
}

const spellings: Readonly<Record<string, { build: () => Model; casts: number }>> = {
  'words and positions (DistilBERT)': {
    build: () => {
      const e = new Embeddings();
      return e.finish(e.word(), e.lookup(40, e.ops.unsqueeze(e.counted(), [0])));
    },
    casts: 1,
  },
  'int32 ids': {
    build: () => {
      const e = new Embeddings('int32');
      return e.finish(e.lookup(40, e.counted()), e.word());
    },
    casts: 0,
  },
  'positions that begin at 2, a type for all': {
    build: () => {
      const e = new Embeddings();
      const places = e.ops.unsqueeze(e.ops.add(e.counted(), e.int(2)), [0]);
      return e.finish(
        e.word(),
        e.lookup(40, places),
        e.lookup(3, e.int(0, [1, 1])),
        e.lookup(5, e.int(1, [1, 1])),
      );
    },
    casts: 1,
  },
  'position ids as an input, with types': {
    build: () => {
      const e = new Embeddings();
      return e.finish(
        e.lookup(40, e.input('position_ids')),
        e.word(),
        e.lookup(2, e.input('token_type_ids')),
      );
    },
    casts: 3,
  },
};

test.each(Object.entries(spellings))('%s', async (_, { build, casts }) => {
  const { operators, refusals } = await optimized(build());
  expect(refusals).toEqual([]);
  expect(operators.toSorted()).toEqual([
    ...Array.from({ length: casts }, () => 'Cast'),
    'EmbedLayerNormalization',
  ]);
});

test('positions counted from the mask (RoBERTa) are given as they are', async () => {
  const e = new Embeddings();
  const kept = e.ops.cast(e.ops.equal(e.input('attention_mask'), e.int(1)), 'int64');
  const places = e.ops.add(e.ops.mul(e.ops.cumSum(kept, 1), kept), e.int(1));
  const { operators, refusals } = await optimized(
    e.finish(e.word(), e.lookup(42, places), e.lookup(2, e.input('token_type_ids'))),
  );
  expect(refusals).toEqual([]);
  expect(operators).toContain('EmbedLayerNormalization');
  expect(operators).not.toContain('Gather');
});

describe('left alone, and said so', () => {
  test('four tables', async () => {
    const e = new Embeddings();
    const parts = [
      e.word(),
      e.lookup(40, e.counted()),
      e.lookup(2, e.input('a_type')),
      e.lookup(3, e.input('b_type')),
    ];
    const { refusals } = await optimized(e.finish(...parts));
    expect(refusals.map(({ reason }) => reason)).toContain('it adds more than three tables');
  });

  test('no positions', async () => {
    const e = new Embeddings();
    const { refusals } = await optimized(e.finish(e.word()));
    expect(refusals.map(({ reason }) => reason)).toContain('it adds no table of positions');
  });
});
