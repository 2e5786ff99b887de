/** GELU as one node of a training step's graph: where it is found, and where something else stands. */
import { expect, test } from '@jest/globals';
import { GraphBuilder } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import { float32 } from '../../core/tensor.js';
import { fuseGelu } from '../../training/autodiff/fuse-gelu.js';

/** x (erf(x / divisor) + 1) / 2, and its operators once fused. */
function operators(divisor: number, other = false): string[] {
  const builder = new GraphBuilder('gelu');
  const ops = new GraphOps(builder);
  const scalar = (value: number) => ops.constant(float32([value], []));
  const x = builder.input('x', 'float32', ['n']);
  const read = other ? builder.input('z', 'float32', ['n']) : x;
  const cdf = ops.add(ops.erf(ops.div(read, scalar(divisor))), scalar(1));
  builder.output('y', ops.mul(ops.mul(x, cdf), scalar(0.5)));
  return fuseGelu(builder.build()).nodes.map(({ domain, opType }) => `${domain}:${opType}`);
}

test('is one node', () => {
  expect(operators(Math.SQRT2)).toEqual(['com.microsoft:Gelu']);
});

test.each([
  ['another constant', operators(1.5)],
  ['the error function of another value', operators(Math.SQRT2, true)],
])('stays as it is with %s', (_, found) => {
  expect(found).toEqual([':Div', ':Erf', ':Add', ':Mul', ':Mul']);
});
