/** Graphs of many layers, through which a rule carries one node from end to end. */
import { expect, test } from '@jest/globals';
import { GraphBuilder, type GraphValue } from '../../../core/graph/builder.js';
import { GraphOps } from '../../../core/graph/graph-ops.js';
import { float32, int64 } from '../../../core/tensor.js';
import { applyRules } from '../../../export/optimize/apply-rules.js';
import { GraphEditor } from '../../../export/optimize/editor.js';
import { optimizeChecked } from '../../../export/optimize/optimize-checked.js';
import { defaultOptions } from '../../../export/optimize/optimize.js';
import { type Rule, Steps } from '../../../export/optimize/rule.js';
import { graphModel } from '../../fixtures/graph-model.js';

const layers = 40;
const width = 4;

interface Network {
  readonly ops: GraphOps;
  readonly builder: GraphBuilder;
}

async function operatorsOf(build: (network: Network, x: GraphValue) => GraphValue, latency: boolean) {
  const builder = new GraphBuilder('deep');
  const ops = new GraphOps(builder);
  builder.output('y', build({ builder, ops }, builder.input('x', 'float32', ['batch', 'time', width])));
  const { optimized } = await optimizeChecked(
    graphModel(builder.build()),
    { ...defaultOptions, latency },
    { tolerance: 1e-4, inputs: {}, texts: [] },
  );
  return optimized.model.graph.nodes.map(({ opType }) => opType);
}

function weights({ ops }: Network, seed: number, shape: readonly number[]): GraphValue {
  const length = shape.reduce((a, b) => a * b, 1);
  return ops.constant(
    float32(
      Array.from({ length }, (_, at) => Math.sin(seed + 7 * at) / 2),
      shape,
    ),
  );
}

function linear(network: Network, x: GraphValue, seed: number): GraphValue {
  const { ops } = network;
  const product = ops.matMul(x, weights(network, seed, [width, width]));
  return ops.add(product, weights(network, seed + 1, [width]));
}

function gelu({ ops }: Network, x: GraphValue): GraphValue {
  const number = (value: number) => ops.constant(float32([value], []));
  const cdf = ops.add(ops.erf(ops.div(x, number(Math.SQRT2))), number(1));
  return ops.mul(ops.mul(x, cdf), number(0.5));
}

/** Linear, Gelu, Linear, residual and normalisation. */
function layer(network: Network, x: GraphValue, seed: number): GraphValue {
  const { ops } = network;
  const inner = linear(network, gelu(network, linear(network, x, seed)), seed + 2);
  const sum = ops.add(x, inner);
  return ops.layerNormalization(sum, weights(network, 1, [width]), weights(network, 2, [width]), 1e-5);
}

test('a network that keeps time first ends without a transpose', async () => {
  const operators = await operatorsOf((network, x) => {
    const { ops } = network;
    let value = ops.transpose(x, [1, 0, 2]);
    for (let at = 0; at < layers; at += 1) value = layer(network, value, 10 * at);
    return ops.transpose(value, [1, 0, 2]);
  }, false);
  expect(operators).not.toContain('Transpose');
  expect(operators.filter((one) => one === 'SkipLayerNormalization')).toHaveLength(layers);
});

test.each([
  ['one operator after another', ({ ops }: Network, x: GraphValue) => ops.tanh(x), 2 * layers],
  ['layers with residuals', layer, layers],
] as const)('the first token is taken before %s', async (_, step, count) => {
  const operators = await operatorsOf((network, x) => {
    let value = x;
    for (let at = 0; at < count; at += 1) value = step(network, value, 10 * at);
    return network.ops.gather(value, network.ops.constant(int64([0], [])), 1);
  }, true);
  expect(operators.filter((one) => one === 'Slice')).toHaveLength(1);
  expect(operators[0]).toBe('Slice');
});

test('rules that undo each other are stopped, and named', () => {
  const builder = new GraphBuilder('g');
  const ops = new GraphOps(builder);
  builder.output('y', ops.tanh(builder.input('x', 'float32', ['batch', width])));
  const turning = (from: string, to: string): Rule => ({
    name: `to-${to}`,
    anchors: [from],
    match: (editor, node) => ({
      edit: () => {
        editor.remove(node);
        editor.add({ opType: to, inputs: node.inputs, outputs: node.outputs });
      },
    }),
  });
  const rules = [turning('Tanh', 'Relu'), turning('Relu', 'Tanh')];
  const setting = { target: 'cpu', opset: 17, contrib: true } as const;
  expect(() => applyRules(new GraphEditor(builder.build()), rules, setting, new Steps())).toThrow(
    expect.objectContaining({
      code: 'optimizer_stuck',
      message: expect.stringContaining('to-Tanh, to-Relu'),
    }),
  );
});
