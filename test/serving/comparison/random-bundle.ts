/** A small bundle with random parameters, written as an export writes one. */
import { createRequire } from 'node:module';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { BUNDLE_FORMAT, type Manifest } from '../../../core/bundle/manifest.js';
import { writeBundle } from '../../../core/bundle/write.js';
import { defaultIrVersion, defaultOpset, encodeModel } from '../../../core/graph/onnx.js';
import { float32, sizeOf } from '../../../core/tensor.js';
import { networkOf } from '../../../models/networks.js';
import { staticGraph } from '../../../models/static-graph.js';

const words = ['[PAD]', '[UNK]', '很', '好', '不', '房间', '干净', '书', '差', '满意'];
const config = { vocabularySize: words.length, embedding: 5, hidden: 4, inner: 3, classes: 2 };
const rows = [[3], [2, 3], [5, 2, 6, 4, 8], [7, 4, 3, 1, 9, 2]];

/** Gives its folder. */
export async function writeRandomBundle(repository: string): Promise<string> {
  const network = networkOf('bilstm', config);
  const random = xoroshiro128plus(11);
  const parameters = new Map(
    network.parameters.map(({ name, shape }) => {
      const values = Array.from({ length: sizeOf(shape) }, () => 2 * uniformFloat64(random) - 1);
      return [name, float32(values, shape)];
    }),
  );
  const text = (content: string) => new TextEncoder().encode(content);
  const golden = { tolerance: 1, cases: rows.map((ids) => ({ text: '很好', ids, logits: [0, 0] })) };
  const manifest: Omit<Manifest, 'files'> = {
    format: BUNDLE_FORMAT,
    name: 'random',
    version: '1',
    task: 'text-classification',
    labels: ['negative', 'positive'],
    network: { kind: 'bilstm', config },
    tokenizer: {
      kind: 'words',
      segmenter: 'node-rs-jieba',
      segmenterVersion: (createRequire(import.meta.url)('@node-rs/jieba/package.json') as { version: string })
        .version,
      vocabularyFile: 'vocabulary.txt',
      maxWords: 16,
    },
    inputs: [],
    outputs: [],
    variants: [{ precision: 'fp32', file: 'model.onnx', opset: defaultOpset, irVersion: defaultIrVersion }],
    accuracy: [],
    lineage: {
      createdAt: new Date(0).toISOString(),
      producer: 'test',
      command: 'test',
      seed: 11,
      teacher: null,
      data: [],
      settings: {},
    },
  };
  return writeBundle(
    repository,
    manifest,
    new Map([
      ['model.onnx', encodeModel({ graph: staticGraph(network, parameters) })],
      ['vocabulary.txt', text(`${words.join('\n')}\n`)],
      ['golden.json', text(JSON.stringify(golden))],
    ]),
  );
}
