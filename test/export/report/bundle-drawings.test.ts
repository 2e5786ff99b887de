/** Graphs of a bundle, laid out: what they hold, and which rule stands behind a node. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readModel } from '../../../core/graph/onnx-file.js';
import { bundleDrawings, type GraphDrawing } from '../../../export/report/bundle-drawings.js';
import { drawBundle } from '../../../export/report/draw-bundle.js';
import { exportRun } from '../../../export/run-to-bundle.js';
import { writeTinyRun } from '../../fixtures/tiny-run.js';

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-drawings-'));
  await writeTinyRun(path.join(root, 'run'));
  ({ folder } = await exportRun({
    run: path.join(root, 'run'),
    repository: root,
    name: 'tiny',
    version: '1',
    precisions: ['fp32', 'int8-calibrated'],
    calibrationTexts: ['房间很干净', '太差了'],
    splits: [],
    notes: null,
    replace: false,
    now: new Date(0),
  }));
});
afterAll(() => rm(root, { recursive: true }));

const operators = ({ nodes }: GraphDrawing) =>
  nodes.filter(({ kind }) => kind === 'node').map(({ label }) => label);

test.each(['model.onnx', 'model.int8-calibrated.onnx'])(
  '%s is drawn as it is, with what made it',
  async (file) => {
    const { graph } = await readModel(path.join(folder, file));
    const { before, after, rules } = await bundleDrawings(folder, file);
    expect(operators(after).sort()).toEqual(graph.nodes.map(({ opType }) => opType).sort());
    expect(after).toMatchObject({ left: 0 });
    const made = after.nodes.filter(({ rule }) => rule !== null);
    expect(made.length).toBeGreaterThan(0);
    expect(made.every(({ rule }) => rules[rule!] !== undefined)).toBe(true);
    expect(before!.nodes.some(({ rule }) => rule !== null)).toBe(true);
    expect(operators(before!)).toContain('LSTM');
    expect(before!.nodes.find(({ label }) => label === 'input_ids')!.lines).toEqual([
      'input input_ids: int64[batch_size, sequence_length]',
    ]);
    for (const points of after.edges) expect(points.length % 2).toBe(0);
  },
);

test('a thread of its own draws the same; a file that the bundle lacks is refused', async () => {
  expect(await drawBundle(folder, 'model.onnx')).toEqual(await bundleDrawings(folder, 'model.onnx'));
  await expect(drawBundle(folder, 'other.onnx')).rejects.toThrow(/other\.onnx/);
});
