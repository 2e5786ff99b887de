/** `inspect`, `optimize` and `export` as they are typed: what they print and what they leave. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { smallBranches, smallEncoder } from '../fixtures/small-models.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';
import { killAll, retort } from './retort.js';

let root: string;
const at = (...names: string[]) => path.join(root, ...names);
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-graphs-'));
  await writeFile(at('encoder.onnx'), smallEncoder());
  await writeFile(at('branches.onnx'), smallBranches());
  await writeFile(at('cut.onnx'), smallEncoder().subarray(0, 5000));
});
afterAll(async () => {
  killAll();
  await rm(root, { recursive: true });
});

test('inspect prints tables, and the same as JSON', async () => {
  const sizes = ['--shape', 'batch_size=2,sequence_length=5'];
  const told = await retort('inspect', at('encoder.onnx'), ...sizes);
  expect(told).toMatchObject({ status: 0, stderr: '' });
  expect(told.stdout).toContain('input_ids  int64 [batch_size, sequence_length]');
  expect(told.stdout).toContain('batch_size=2, sequence_length=5');
  expect(told.stdout).toMatch(/FLOPs = .*batch_size sequence_length\^2/);
  const { stdout } = await retort('inspect', at('encoder.onnx'), ...sizes, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    opsets: { 'ai.onnx': 17 },
    profiles: [{ sizes: { batch_size: 2 } }],
  });
});

test('inspect names what is not counted, and what is wrong with a file', async () => {
  const { stdout } = await retort('inspect', at('branches.onnx'));
  expect(stdout).toContain('is not known: org.example:Sharpen');
  const { status, stderr } = await retort('inspect', at('cut.onnx'));
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: .*cut off.*\n.*\n {2}\(onnx_malformed\)\n$/);
});

test('optimize leaves a report beside the model', async () => {
  const { status } = await retort('optimize', at('encoder.onnx'), at('fused.onnx'), '--report', at('fused'));
  expect(status).toBe(0);
  expect(await readdir(at('fused'))).toEqual(['report.html', 'report.json']);
  const report: unknown = JSON.parse(await readFile(at('fused', 'report.json'), 'utf8'));
  const rules = expect.arrayContaining([expect.objectContaining({ rule: 'attention', times: 1 })]);
  expect(report).toMatchObject({ format: 1, rules });
});

test('export of a bundle prints its program, before and after, to a file', async () => {
  const bundle = await writeTinyBundle(at('repository'));
  const { status, stdout } = await retort(
    ...['export', bundle, '--repository', at('repository'), '--name', 'tiny', '--model-version', '2'],
    ...['--opset', '18', '--print-program', at('program.txt'), '--report', at('exported.html'), '--json'],
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ folder: at('repository', 'tiny', '2') });
  const program = await readFile(at('program.txt'), 'utf8');
  expect(program).toMatch(
    /^# fp32, interpreted\ngraph bilstm\(input_ids: int64\[batch_size, sequence_length\]/,
  );
  expect(program).toContain('# fp32, written\n');
  expect(await readFile(at('exported.html'), 'utf8')).toContain('bilstm exported as fp32');
});

test('export in the form for latency computes the same with other operators', async () => {
  const bundle = await writeTinyBundle(at('plain'));
  const options = [
    '--repository',
    at('plain'),
    '--name',
    'tiny',
    '--model-version',
    '3',
    '--latency',
    '--json',
  ];
  const { status, stdout } = await retort('export', bundle, ...options);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ variants: [{ flips: 0 }] });
});
