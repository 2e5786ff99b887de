/** MultiHeadAttention of com.microsoft as Attention of the standard domain: the same numbers for every mask. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSession } from '../../../core/engines/session.js';
import { float, int } from '../../../core/graph/attributes.js';
import { GraphBuilder } from '../../../core/graph/builder.js';
import type { Attribute, Model } from '../../../core/graph/ir.js';
import { decodeModel, encodeModel } from '../../../core/graph/onnx.js';
import { float32, int32, type Tensor, toNumbers } from '../../../core/tensor.js';
import { applyRules } from '../../../export/optimize/apply-rules.js';
import { withOpset } from '../../../export/opset/convert.js';
import { GraphEditor } from '../../../export/optimize/editor.js';
import { raisedForKernels } from '../../../export/optimize/kernel-opset.js';
import { defaultOptions, optimizeModel } from '../../../export/optimize/optimize.js';
import { Steps } from '../../../export/optimize/rule.js';
import { cleaningRules, kernelRules } from '../../../export/optimize/rules.js';
import { smallEncoder } from '../../fixtures/small-models.js';

const [heads, hidden, values] = [2, 6, 4];

type MaskKind = 'none' | 'keys' | 'lengths';

interface Case {
  readonly mask: MaskKind;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** The layers, which share a mask. */
  readonly layers?: number;
  /** Axis 1 of what asks. */
  readonly queries?: number | string;
}

function attention({ mask, attributes = {}, layers = 1, queries = 'queries' }: Case): Model {
  const builder = new GraphBuilder('g');
  let x = builder.input('query', 'float32', ['batch', queries, hidden]);
  const key = builder.input('key', 'float32', ['batch', 'keys', hidden]);
  const value = builder.input('value', 'float32', ['batch', 'keys', layers > 1 ? hidden : values]);
  const masks =
    mask === 'none'
      ? []
      : [null, builder.input('mask', 'int32', mask === 'keys' ? ['batch', 'keys'] : ['batch'])];
  for (let layer = 0; layer < layers; layer += 1) {
    const [y] = builder.node('MultiHeadAttention', [x, key, value, ...masks], {
      domain: 'com.microsoft',
      attributes: { num_heads: int(heads), ...attributes },
    });
    x = y!;
  }
  builder.output('y', x);
  const opsets = new Map([
    ['', 17],
    ['com.microsoft', 1],
  ]);
  return decodeModel(encodeModel({ graph: builder.build(), opsets, irVersion: 10 }));
}

function rewritten(model: Model) {
  const raised = raisedForKernels(model, kernelRules);
  const editor = new GraphEditor(raised.graph);
  const setting = { target: 'cpu', opset: raised.opsets.get('')!, contrib: true } as const;
  const outcome = applyRules(editor, [...kernelRules, ...cleaningRules], setting, new Steps());
  return { model: { ...raised, graph: editor.build() }, ...outcome };
}

async function run(model: Model, feeds: Record<string, Tensor>): Promise<number[]> {
  const given = Object.fromEntries(
    Object.entries(feeds).filter(([name]) => model.graph.inputs.includes(name)),
  );
  const session = await openSession(encodeModel(model), { optimization: 'disabled' });
  return toNumbers((await session.run(given).finally(() => session.close())).y!);
}

const waves = (count: number, seed: number) =>
  Array.from({ length: count }, (_, at) => Math.sin(seed + at * 1.7));
const operators = ({ graph }: Model) =>
  graph.nodes.map(({ domain, opType }) => (domain === '' ? opType : domain));

describe.each<[MaskKind, number | undefined, number | undefined]>([
  ['none', undefined, undefined],
  ['keys', undefined, undefined],
  ['keys', -3.4028234663852886e38, 0.7],
  ['lengths', -50, 0],
])('a mask of %s, filter %p, scale %p', (mask, filter, scale) => {
  test('gives what it gave, whatever the mask holds', async () => {
    const model = attention({
      mask,
      attributes: {
        ...(filter === undefined ? {} : { mask_filter_value: float(filter) }),
        ...(scale === undefined ? {} : { scale: float(scale) }),
      },
    });
    const { model: after } = rewritten(model);
    expect(operators(after)).toContain('Attention');
    const size = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        size,
        fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 25, maxLength: 25 }),
        async (batch, queries, keys, drawn) => {
          const feeds = {
            query: float32(waves(batch * queries * hidden, 1), [batch, queries, hidden]),
            key: float32(waves(batch * keys * hidden, 2), [batch, keys, hidden]),
            value: float32(waves(batch * keys * values, 3), [batch, keys, values]),
            mask:
              mask === 'lengths'
                ? int32(
                    drawn.slice(0, batch).map((one) => Math.max(0, Math.min(keys, one + 1))),
                    [batch],
                  )
                : int32(drawn.slice(0, batch * keys), [batch, keys]),
          };
          const [before, now] = [await run(model, feeds), await run(after, feeds)];
          expect(now).toHaveLength(before.length);
          now.forEach((value, place) => {
            expect(value).toBeCloseTo(before[place]!, 5);
          });
        },
      ),
      { numRuns: 15 },
    );
  });
});

test('layers share what is made of their mask', () => {
  const { model } = rewritten(attention({ mask: 'lengths', layers: 3, queries: 'keys' }));
  const found = operators(model);
  expect(found.filter((one) => one === 'Attention')).toHaveLength(3);
  for (const shared of ['Range', 'Where', 'Expand', 'Shape'])
    expect([shared, found.filter((one) => one === shared).length]).toEqual([shared, 1]);
});

test('one query needs no mask for others', () => {
  const { model } = rewritten(attention({ mask: 'keys', queries: 1 }));
  expect(operators(model)).not.toContain('Expand');
});

test.each<[string, Record<string, Attribute>]>([
  ['it looks back only', { unidirectional: int(1) }],
  ['a row of which every key is masked gives no number', { mask_filter_value: float(-Infinity) }],
])('stays where %s', (reason, attributes) => {
  const model = attention({ mask: 'keys', attributes, queries: 'keys' });
  const outcome = rewritten(model);
  expect(outcome.model.opsets.get('')).toBe(17);
  expect(outcome.refusals.map((one) => one.reason)).toEqual([reason]);
});

describe('the form for latency', () => {
  const encoder = decodeModel(smallEncoder());
  const forLatency = { ...defaultOptions, latency: true };

  test('is written in the opset that has Attention', async () => {
    const { model } = await optimizeModel(encoder, forLatency);
    expect([model.opsets.get(''), model.irVersion]).toEqual([23, 11]);
    expect(operators(model)).toContain('Attention');
  });

  test.each([
    ['an opset', { opset: 20 }, 20],
    ['an IR version', { irVersion: 9 }, 17],
  ])('keeps %s that is asked for, and says why attention stays', async (_, asked, opset) => {
    const { model, refusals } = await optimizeModel(encoder, { ...forLatency, ...asked });
    expect(model.opsets.get('')).toBe(opset);
    expect(operators(model)).toContain('com.microsoft');
    expect(refusals.map(({ reason }) => reason)).toContain(`opset ${String(opset)} has no Attention`);
  });

  test('of a newer graph is brought down before attention is looked at', async () => {
    const newer = withOpset((await optimizeModel(encoder, { ...defaultOptions, opset: 23 })).model, 23);
    const { model } = await optimizeModel(newer, { ...forLatency, opset: 20 });
    expect([model.opsets.get(''), operators(model).includes('Attention')]).toEqual([20, false]);
  });

  test('of a graph without attention keeps its opset', async () => {
    const builder = new GraphBuilder('g');
    const x = builder.input('x', 'float32', ['batch', 3]);
    builder.output('y', builder.node('Softmax', [x], { attributes: { axis: int(-1) } })[0]!);
    const { model } = await optimizeModel(decodeModel(encodeModel({ graph: builder.build() })), forLatency);
    expect(model.opsets.get('')).toBe(17);
  });

  test('that was optimised again computes the same, fused as before', async () => {
    const { model } = await optimizeModel(encoder, forLatency);
    const { model: again } = await optimizeModel(model, defaultOptions);
    expect(operators(again)).not.toContain('Softmax');
  });
});
