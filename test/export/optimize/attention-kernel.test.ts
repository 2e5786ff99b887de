/**
 * What the mask of keys and `unidirectional` are together in ONNX Runtime's kernels, on which the rule `attention`
 * rests. Values are the unit vectors, so that what comes out are the weights of the keys.
 */
import { expect, test } from '@jest/globals';
import { openSession } from '../../../core/engines/session.js';
import { float, int } from '../../../core/graph/attributes.js';
import { GraphBuilder } from '../../../core/graph/builder.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import { float32, int32, toNumbers } from '../../../core/tensor.js';
import { filterFor, type Mask } from '../../../export/optimize/mask-kind.js';

const time = 4;
const unit = Array.from({ length: time * time }, (_, at) => Number(at % (time + 1) === 0));
const zeros = unit.map(() => 0);

/** Weights of keys by query, all scores being 0. */
async function weights(opType: string, filter: number, kept: readonly number[]): Promise<number[][]> {
  const builder = new GraphBuilder('g');
  const mask = builder.input('mask', 'int32', [1, time]);
  const x = builder.initializer('x', float32(unit, [1, time, time]));
  const none = builder.initializer('none', float32(zeros, [1, time, time]));
  const packed = Array.from({ length: time }, (_, row) => [
    ...zeros.slice(0, 2 * time),
    ...unit.slice(row * time, (row + 1) * time),
  ]);
  const w = builder.initializer('w', float32(packed.flat(), [time, 3 * time]));
  const b = builder.initializer('b', float32(Array.from({ length: 3 * time }, () => 0)));
  const inputs = opType === 'Attention' ? [x, w, b, mask] : [none, none, x, null, mask];
  const [y] = builder.node(opType, inputs, {
    domain: 'com.microsoft',
    attributes: { num_heads: int(1), unidirectional: int(1), mask_filter_value: float(filter) },
  });
  builder.output('y', y!);
  const opsets = new Map([
    ['', 17],
    ['com.microsoft', 1],
  ]);
  const session = await openSession(encodeModel({ graph: builder.build(), opsets, irVersion: 10 }), {
    optimization: 'disabled',
  });
  const found = toNumbers((await session.run({ mask: int32(kept, [1, time]) })).y!);
  await session.close();
  return Array.from({ length: time }, (_, row) => found.slice(row * time, (row + 1) * time));
}

const even = (...keys: number[]) =>
  Array.from({ length: time }, (_, key) => (keys.includes(key) ? 1 / keys.length : 0));
const rows = { kind: 'rows', value: 'mask', number: 0, isKept: false } as const;
const joined = (filter: number, blind: 'every key' | 'keys up to its place'): Mask => ({
  kind: 'causal-keys',
  keys: { ...rows, filter },
  blind,
});

test.each(['Attention', 'MultiHeadAttention'])('%s looks at keys that both keep', async (opType) => {
  const filter = filterFor(joined(-3.4e38, 'every key'), false);
  const found = await weights(opType, filter, [1, 0, 1, 1]);
  expect(found).toEqual([even(0), even(0), even(0, 2), even(0, 2, 3)].map((row) => row.map(near)));
});

test.each(['Attention', 'MultiHeadAttention'])(
  '%s gives a query that sees no key what was there',
  async (opType) => {
    const every = await weights(opType, filterFor(joined(-3.4e38, 'every key'), false), [0, 0, 1, 1]);
    expect(every.slice(0, 2)).toEqual([even(0, 1, 2, 3), even(0, 1, 2, 3)].map((row) => row.map(near)));
    for (const filter of [-1e4, -3.4e38]) {
      const own = await weights(
        opType,
        filterFor(joined(filter, 'keys up to its place'), false),
        [0, 0, 0, 1],
      );
      expect(own).toEqual([even(0), even(0, 1), even(0, 1, 2), even(3)].map((row) => row.map(near)));
    }
  },
);

function near(value: number): unknown {
  return expect.closeTo(value, 6);
}
