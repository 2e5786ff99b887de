/** Pruned heads: the network computes what it did with those heads at zero, with smaller matrices. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBundle } from '../../../core/bundle/read.js';
import { encodeModel, readModel } from '../../../core/graph/onnx.js';
import { float32, type Tensor, toNumbers } from '../../../core/tensor.js';
import { largestDifference, sessionLogits } from '../../../export/measure.js';
import { headsToKeep, pruneHeads } from '../../../export/prune/heads.js';
import { exportNetwork } from '../../../export/run-to-bundle.js';
import { bundleSource } from '../../../export/sources/bundle.js';
import type { ExportSource } from '../../../export/sources/source.js';
import { networkOf } from '../../../models/networks.js';
import { staticGraph } from '../../../models/static-graph.js';
import { ParameterStore } from '../../../training/parameters.js';
import { encoderConfig } from '../../fixtures/encoder-config.js';

const pieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '房', '间', '很', '干', '净', '太', '差', '了'];
const config = { ...encoderConfig, vocabularySize: pieces.length, layers: 3 } as const;
const width = config.hidden / config.heads;
const kept = [[1], [0, 1, 2], [0, 2]];
const cases = [
  [2, 4, 5, 3],
  [2, 9, 10, 11, 6, 3],
  [2, 3],
].map((ids) => ({ ids }));

let folder: string;
let source: ExportSource;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'retort-prune-'));
  await writeFile(path.join(folder, 'vocab.txt'), `${pieces.join('\n')}\n`);
  const network = networkOf('ernie', config);
  source = {
    network: { kind: 'ernie', config },
    // Larger than they are drawn, so that attention matters.
    parameters: new Map(
      Array.from(ParameterStore.initialize(network.parameters, 1).tensors(), ([name, tensor]) => [
        name,
        float32(
          toNumbers(tensor).map((value, place) => 10 * value + 0.01 * (place % 7)),
          tensor.shape,
        ),
      ]),
    ),
    tokenizer: { kind: 'wordpiece', vocabularyFile: 'vocab.txt', maxTokens: 16 },
    tokenizerFiles: [path.join(folder, 'vocab.txt')],
    tokenizerFolder: folder,
    texts: ['房间很干净', '太差了'],
    accuracy: [{ data: 'dev', rows: 1, correct: 1, accuracy: 1, interval: [0, 1] }],
    calibration: null,
    lineage: { command: 'test', seed: 1, base: null, teacher: null, data: [], settings: {} },
  };
});
afterAll(() => rm(folder, { recursive: true }));

function logitsOf({ network, parameters }: Pick<ExportSource, 'network' | 'parameters'>) {
  const graph = staticGraph(networkOf(network.kind, network.config), parameters);
  return sessionLogits(encodeModel({ graph }), 'disabled', cases);
}

/** The parameters with what the other heads give multiplied by nothing. */
function zeroed(parameters: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    Array.from(parameters, ([name, tensor]) => {
      const [, layer] = /^layers\.(\d)\.attention\.output\.weight$/.exec(name) ?? [];
      if (layer === undefined) return [name, tensor];
      const data = toNumbers(tensor).map((value, place) => {
        const head = Math.floor(place / config.hidden / width);
        return kept[Number(layer)]!.includes(head) ? value : 0;
      });
      return [name, float32(data, tensor.shape)];
    }),
  );
}

test('logits are those of the network with the other heads at zero', async () => {
  const pruned = pruneHeads(source, kept);
  const [expected, found, whole] = [
    await logitsOf({ ...source, parameters: zeroed(source.parameters) }),
    await logitsOf(pruned.source),
    await logitsOf(source),
  ];
  expect(largestDifference(found, expected)).toBeLessThan(1e-5);
  expect(largestDifference(whole, expected)).toBeGreaterThan(1e-3);
  expect(pruned.heads).toEqual({ before: 9, after: 6 });
  // Of each of three heads: three matrices and biases of its width, and the rows behind.
  expect(pruned.parameters.before - pruned.parameters.after).toBe(3 * (4 * 12 * width + 3 * width));
});

test('a bundle of it is fused, knows its heads, and can be pruned again', async () => {
  const options = { repository: folder, name: 'small', splits: [], notes: null, replace: false };
  const written = { ...options, precisions: ['fp32'], now: new Date(0) } as const;
  const first = await exportNetwork(pruneHeads(source, kept).source, { ...written, version: '1' });
  const made = await openBundle(first.folder);
  expect(made.manifest.network.config.layerHeads).toEqual([1, 3, 2]);
  expect(made.manifest.accuracy).toEqual([]);
  const { graph } = await readModel(made.path('model.onnx'));
  expect(graph.nodes.flatMap(({ attributes }) => attributes.num_heads?.value ?? [])).toEqual([1, 3, 2]);
  const again = pruneHeads(await bundleSource(made.folder), [[0], [2], [0, 1]]);
  expect(again.layers).toEqual([1, 1, 2]);
  const second = await exportNetwork(again.source, { ...written, version: '2' });
  expect(second.variants[0]!.difference).toBeLessThan(1e-5);
});

test('the least important heads go first, relative to their layer, and each layer keeps one', () => {
  const importance = [
    [1, 2, 3],
    [100, 1, 300],
    [0, 0, 0],
  ];
  expect(headsToKeep(importance, { kind: 'count', count: 3 })).toEqual([[0, 1, 2], [0, 2], [2]]);
  expect(headsToKeep(importance, { kind: 'share', share: 2 / 3 })).toEqual([[2], [2], [2]]);
  expect(() => headsToKeep(importance, { kind: 'count', count: 7 })).toThrow(
    expect.objectContaining({ code: 'prune_heads_too_many' }),
  );
});

test('a network without attention is refused', () => {
  const bilstm = {
    kind: 'bilstm',
    config: { vocabularySize: 5, embedding: 2, hidden: 2, inner: 2, classes: 2 },
  };
  expect(() => pruneHeads({ ...source, network: bilstm }, [])).toThrow(
    expect.objectContaining({ code: 'prune_heads_unknown' }),
  );
});
