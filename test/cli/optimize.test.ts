/** `retort optimize` as a user starts it. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GraphBuilder } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import { encodeModel, readModel } from '../../core/graph/onnx.js';
import { float32, toNumbers } from '../../core/tensor.js';
import { fixtureUrl } from '../fixture-url.js';
import { retort } from './retort.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-optimize-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fixture = (name: string) => fileURLToPath(fixtureUrl(`onnx/${name}.onnx`));

test('writes the fused graph and reports it as JSON, with what was left alone', async () => {
  const out = path.join(folder, 'lstm.onnx');
  const { status, stdout } = await retort('optimize', fixture('lstm_packed_ts'), out, '--json', '--explain');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    nodes: { before: 45, after: 7 },
    refusals: [],
    validation: { tolerance: 1e-4, skipped: [] },
  });
  expect(await readdir(folder)).toContain('lstm.onnx');
});

test('writes another opset where one is asked for, and keeps one that lies in a window', async () => {
  const opsetOf = async (...options: string[]) => {
    const out = path.join(folder, 'opset.onnx');
    const { status } = await retort('optimize', fixture('bert_eager_gelu_dyn20'), out, ...options);
    expect(status).toBe(0);
    const { opsets, irVersion } = await readModel(out);
    return [opsets.get(''), irVersion];
  };
  expect(await opsetOf('--opset', '13', '--ir-version', '11')).toEqual([13, 11]);
  expect((await opsetOf('--opset', '13..18'))[0]).toBe(18);
  expect((await opsetOf('--opset', '13..21', '--standard-ops'))[0]).toBe(20);
  const wrong = await retort(
    'optimize',
    fixture('lstm_plain_ts'),
    path.join(folder, 'no.onnx'),
    '--opset',
    '9..7',
  );
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('13..18') });
});

test('a graph that differs by more than is allowed is not written, and the rule is named', async () => {
  const out = path.join(folder, 'strict.onnx');
  const ended = await retort('optimize', fixture('paddle_ernie_relu_op17'), out, '--tolerance', '0');
  expect(ended.status).toBe(1);
  expect(ended.stderr).toMatch(/by the rule [a-z-]+/);
  expect(await readdir(folder)).not.toContain('strict.onnx');
});

test('constants are folded as the format means them, too small for full precision though they be', async () => {
  const builder = new GraphBuilder('g');
  const ops = new GraphOps(builder);
  const number = (value: number) => ops.constant(float32([value], []));
  const tiny = ops.mul(number(1e-30), number(1e-10));
  builder.output('y', ops.mul(builder.input('x', 'float32', ['batch', 4]), ops.mul(tiny, number(1e38))));
  const [file, out] = [path.join(folder, 'tiny.onnx'), path.join(folder, 'tiny.opt.onnx')];
  await writeFile(file, encodeModel({ graph: builder.build() }));
  expect((await retort('optimize', file, out)).status).toBe(0);
  const [factor, ...others] = (await readModel(out)).graph.initializers.values();
  expect(others).toEqual([]);
  expect(toNumbers(factor!)[0]).toBeCloseTo(0.01, 6);
});

test('what is no model is refused', async () => {
  const file = path.join(folder, 'not.onnx');
  await writeFile(file, 'no model');
  const { status, stderr } = await retort('optimize', file, path.join(folder, 'no.onnx'), '--json');
  expect(status).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'onnx_malformed' } });
});
