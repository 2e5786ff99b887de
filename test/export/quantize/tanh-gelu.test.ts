/** Where erf becomes tanh: the integers that are read move by one at most. */
import { expect, test } from '@jest/globals';
import { openSession } from '../../../core/engines/session.js';
import { GraphBuilder } from '../../../core/graph/builder.js';
import { encodeModel } from '../../../core/graph/onnx.js';
import type { Model } from '../../../core/graph/ir.js';
import { float32, tensor, toNumbers } from '../../../core/tensor.js';
import { applyRules } from '../../../export/optimize/apply-rules.js';
import { GraphEditor } from '../../../export/optimize/editor.js';
import { Steps } from '../../../export/optimize/rule.js';
import { tanhGelu } from '../../../export/quantize/rules/tanh-gelu.js';
import { graphModel } from '../../fixtures/graph-model.js';

const opsets = new Map([
  ['', 17],
  ['com.microsoft', 1],
]);

/** Gelu of float32 [count] in steps of 8 bits. */
function rounded(step: number, givesGelu = false): Model {
  const builder = new GraphBuilder('rounded');
  const x = builder.input('x', 'float32', ['count']);
  const scale = builder.initializer('scale', float32([step], []));
  const zero = builder.initializer('zero', tensor('uint8', Uint8Array.of(100), []));
  const [gelu] = builder.node('Gelu', [x], { domain: 'com.microsoft' });
  const [integers] = builder.node('QuantizeLinear', [gelu!, scale, zero]);
  builder.output('integers', builder.assume(integers!, { dtype: 'uint8', shape: ['count'] }));
  if (givesGelu) builder.output('gelu', gelu!);
  return graphModel(builder.build(), { opsets });
}

function rewritten(model: Model): { readonly model: Model; readonly refusals: readonly string[] } {
  const editor = new GraphEditor(model.graph);
  const setting = { target: 'cpu', opset: 17, contrib: true } as const;
  const { refusals } = applyRules(editor, [tanhGelu], setting, new Steps());
  return { model: { ...model, graph: editor.build() }, refusals: refusals.map(({ reason }) => reason) };
}

function operators({ graph }: Model): readonly string[] {
  return graph.nodes.map(({ opType }) => opType);
}

test.each([0.002, 0.01, 0.1])('in steps of %d an integer turns to its neighbour at most', async (step) => {
  const x = float32(Float32Array.from({ length: 20_001 }, (_, at) => (at - 10_000) / 1000));
  const integers = async (model: Model) => {
    const session = await openSession(encodeModel(model), { optimization: 'disabled' });
    const { integers: found } = await session.run({ x });
    await session.close();
    return toNumbers(found!);
  };
  const before = rounded(step);
  const { model: after } = rewritten(before);
  expect(operators(after)).toEqual(['FastGelu', 'QuantizeLinear']);
  const [wanted, found] = [await integers(before), await integers(after)];
  const apart = found.map((value, at) => Math.abs(value - wanted[at]!));
  expect(Math.max(...apart)).toBeLessThanOrEqual(1);
});

test('what is rounded to finer steps, or read as it is, keeps erf', () => {
  const fine = rewritten(rounded(0.001));
  expect(operators(fine.model)).toContain('Gelu');
  expect(fine.refusals).toEqual(['its values are rounded to steps of 1.0e-3']);
  const read = rewritten(rounded(0.1, true));
  expect(operators(read.model)).toContain('Gelu');
  expect(read.refusals).toEqual([]);
});
