/** Random graphs of the op vocabulary give what they gave, whatever rules apply to them. */
import '../../property-seed.js';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import type { Model } from '../../../core/graph/ir.js';
import { float32, int64 } from '../../../core/tensor.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions } from '../../../export/optimize/optimize.js';
import { graphModel } from '../../fixtures/graph-model.js';

/** Of values [batch, 4, 8]: every step keeps that shape. */
type Step = (ops: GraphOps, a: GraphValue, b: GraphValue, builder: GraphBuilder) => GraphValue;

const scalar = (ops: GraphOps, value: number) => ops.constant(float32([value], []));
const vector = (ops: GraphOps, seed: number) =>
  ops.constant(float32(Array.from({ length: 8 }, (_, at) => Math.sin(seed + at))));
const matrix = (ops: GraphOps, seed: number) =>
  ops.constant(
    float32(
      Array.from({ length: 64 }, (_, at) => Math.sin(seed + at) / 2),
      [8, 8],
    ),
  );

const steps: readonly Step[] = [
  (ops, a, b) => ops.add(a, b),
  (ops, a, b) => ops.sub(a, b),
  (ops, a, b) => ops.mul(ops.tanh(a), b),
  (ops, a) => ops.add(a, scalar(ops, 0)),
  (ops, a) => ops.mul(scalar(ops, 1), a),
  (ops, a) => ops.mul(ops.sigmoid(a), scalar(ops, 0)),
  (ops, a) => ops.add(ops.matMul(a, matrix(ops, 1)), vector(ops, 2)),
  (ops, a) => ops.layerNormalization(a, vector(ops, 3), vector(ops, 4), 1e-5),
  (ops, a) => ops.softmax(a, -1),
  (ops, a) =>
    ops.mul(
      ops.mul(a, ops.add(ops.erf(ops.div(a, scalar(ops, Math.SQRT2))), scalar(ops, 1))),
      scalar(ops, 0.5),
    ),
  (ops, a) => ops.transpose(ops.transpose(a, [0, 2, 1]), [0, 2, 1]),
  (ops, a) => ops.transpose(ops.transpose(ops.transpose(a, [1, 0, 2]), [2, 1, 0]), [1, 2, 0]),
  (ops, a) => ops.reshape(ops.reshape(a, [0, 8, 4]), [0, 4, 8]),
  (ops, a) => ops.reshape(ops.reshape(a, [-1, 8]), [-1, 4, 8]),
  (ops, a) => ops.squeeze(ops.unsqueeze(a, [1]), [1]),
  (ops, a) => ops.add(a, ops.unsqueeze(ops.squeeze(ops.slice(a, 1, 2, 3), [1]), [1])),
  (ops, a) => ops.slice(a, 1, 0, 4),
  (ops, a) => ops.concat(ops.split(a, 2, [3, 5]).toReversed(), 2),
  (ops, a) => ops.expand(a, ops.shape(a)),
  (ops, a, b) => ops.where(ops.less(a, b), a, scalar(ops, 0.5)),
  (ops, a) => ops.gather(a, ops.constant(int64([3, 2, 1, 0])), 1),
  (ops, a) => {
    const part = ops.transpose(ops.reshape(ops.matMul(a, matrix(ops, 5)), [0, 0, 2, 4]), [0, 2, 1, 3]);
    const scores = ops.mul(ops.matMul(part, ops.transpose(part, [0, 1, 3, 2])), scalar(ops, 0.5));
    return ops.reshape(ops.transpose(ops.matMul(ops.softmax(scores, -1), part), [0, 2, 1, 3]), [0, 0, 8]);
  },
];

interface Plan {
  readonly step: number;
  readonly a: number;
  readonly b: number;
}

function modelOf(plans: readonly Plan[], opset: number): Model {
  const builder = new GraphBuilder('g');
  const ops = new GraphOps(builder);
  const values = [builder.input('x', 'float32', ['batch', 4, 8])];
  for (const { step, a, b } of plans) {
    const pick = (place: number) => values[values.length - 1 - (place % Math.min(3, values.length))]!;
    values.push(steps[step]!(ops, pick(a), pick(b), builder));
  }
  // Some of what lies between is an output too, whose name must stay.
  values.slice(1).forEach((value, place) => {
    if (place === plans.length - 1 || place % 4 === 1) builder.output(`y${String(place)}`, value);
  });
  return graphModel(builder.build(), { opsets: new Map([['', opset]]) });
}

const plan = fc.record({
  step: fc.nat(steps.length - 1),
  a: fc.nat(2),
  b: fc.nat(2),
});

test('a random graph computes what it computed, with no more nodes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 2, maxLength: 12 }),
      fc.boolean(),
      async (plans, contrib) => {
        const model = modelOf(plans, 17);
        const { optimized } = await optimizeChecked(
          model,
          { ...defaultOptions, contrib },
          { tolerance: 1e-4, inputs: {}, texts: [] },
        );
        expect(optimized.model.graph.nodes.length).toBeLessThanOrEqual(model.graph.nodes.length);
        expect(optimized.model.graph.outputs).toEqual(model.graph.outputs);
        if (!contrib)
          expect(optimized.model.graph.nodes.filter(({ domain }) => domain === 'com.microsoft')).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
