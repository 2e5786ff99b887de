/** ONNX files from elsewhere: what becomes a bundle, and what is refused. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openBundle } from '../../core/bundle/read.js';
import { GraphBuilder, type GraphValue } from '../../core/graph/builder.js';
import { GraphOps } from '../../core/graph/graph-ops.js';
import type { Dimension } from '../../core/graph/ir.js';
import { encodeModel } from '../../core/graph/onnx.js';
import { float32 } from '../../core/tensor.js';
import { type ImportOptions, importOnnx } from '../../export/import-onnx.js';
import { Predictor } from '../../serving/predictor.js';
import { retort } from '../cli/retort.js';

const characters = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...Array.from('房间很好差书，。')];
const texts = ['房间很好。', '书差', '好', ''];
/** Logits of each id: the sum over a text's ids is what the encoder below gives. */
const table = Float32Array.from({ length: 2 * characters.length }, (_, index) => Math.sin(index));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-import-'));
  await writeFile(path.join(root, 'vocab.txt'), characters.join('\n'));
});
afterAll(() => rm(root, { recursive: true }));

interface Foreign {
  readonly axes?: readonly Dimension[];
  readonly inputs?: readonly string[];
  readonly masked?: boolean;
  readonly dtype?: 'int64' | 'float32' | 'int32';
  readonly output?: string;
  readonly opset?: number;
  readonly outputs?: number;
  readonly width?: number;
  /** Of a table of places, beyond which no text may go; without one there is no such table. */
  readonly positions?: number;
}

/** Sums table[id] * mask + type + position / 8 * mask over time, as an exporter might write it. */
async function foreign(options: Foreign = {}): Promise<string> {
  const { axes = ['b', 's'], inputs = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] } =
    options;
  const { masked = true, dtype = 'int64', output = 'scores', opset = 17, outputs = 1, width = 2 } = options;
  const { positions } = options;
  const builder = new GraphBuilder('foreign');
  const ops = new GraphOps(builder);
  const given = new Map<string, GraphValue>();
  for (const name of inputs)
    given.set(name, builder.input(name, name === 'attention_mask' ? dtype : 'int64', axes));
  const ids = given.get(inputs.find((name) => name.endsWith('ids')) ?? '')!;
  const float = (value: GraphValue) => ops.unsqueeze(ops.cast(value, 'float32'), [2]);
  let rows = ops.gather(
    ops.constant(float32(table.slice(0, width * characters.length), [characters.length, width])),
    ids,
    0,
  );
  const [mask, types, places] = ['attention_mask', 'token_type_ids', 'position_ids'].map((name) =>
    given.get(name),
  );
  if (types !== undefined) rows = ops.add(rows, float(types));
  if (places !== undefined) rows = ops.add(rows, ops.div(float(places), ops.constant(float32([8], []))));
  if (positions !== undefined && places !== undefined) {
    const ofPlaces = ops.constant(float32(new Array<number>(positions * width).fill(0), [positions, width]));
    rows = ops.add(rows, ops.gather(ofPlaces, places, 0));
  }
  if (masked && mask !== undefined) rows = ops.mul(rows, float(mask));
  for (let index = 0; index < outputs; index += 1)
    builder.output(index === 0 ? output : `more${index}`, ops.reduceSum(rows, [1], false));
  const file = path.join(root, `model-${Math.random()}.onnx`);
  await writeFile(
    file,
    encodeModel({ graph: builder.build(), opsets: new Map([['', opset]]), producer: 'another' }),
  );
  return file;
}

const importing = (model: string, overrides: Partial<ImportOptions> = {}) =>
  importOnnx({
    model,
    tokenizer: path.join(root, 'vocab.txt'),
    maxTokens: 16,
    repository: path.join(root, 'models'),
    name: 'teacher',
    version: '1',
    texts,
    splits: [],
    notes: null,
    command: 'test',
    replace: true,
    now: new Date(0),
    ...overrides,
  });

test.each<[string, Foreign]>([
  ['every input that is known', {}],
  ['a mask of floats, and no types', { inputs: ['input_ids', 'attention_mask'], dtype: 'float32' }],
  ['an output that is called logits', { output: 'logits' }],
  ['opset 13', { opset: 13 }],
])('%s', async (_, options) => {
  const split = { name: 'dev', examples: texts.map((text) => ({ text, label: 1 })) };
  const { folder, difference, accuracy } = await importing(await foreign(options), { splits: [split] });
  expect(difference).toBeLessThan(1e-5);
  const bundle = await openBundle(folder);
  expect(bundle.manifest).toMatchObject({
    inputs: [{ name: 'input_ids' }, { name: 'sequence_lengths' }],
    variants: [{ opset: options.opset ?? 17 }],
    lineage: { producer: 'another', base: { name: expect.stringMatching(/^model-.*\.onnx$/) } },
  });
  const predictor = await Predictor.open(bundle, 1);
  const { predictions } = await predictor.run(texts.map((text) => ({ text })));
  const places = (options.inputs ?? ['position_ids']).includes('position_ids');
  let positives = 0;
  texts.forEach((text, index) => {
    const ids = ['[CLS]', ...Array.from(text), '[SEP]'].map((character) => characters.indexOf(character));
    const expected = [0, 1].map((k) =>
      ids.reduce((sum, id, place) => sum + table[2 * id + k]! + (places ? place / 8 : 0), 0),
    );
    expected.forEach((logit, k) => expect(predictions[index]!.logits[k]).toBeCloseTo(logit, 4));
    if (expected[1]! > expected[0]!) positives += 1;
  });
  expect(accuracy).toMatchObject([{ data: 'dev, as fp32', rows: texts.length, correct: positives }]);
  await predictor.close();
});

describe('what cannot become a model is refused with its reason:', () => {
  test.each<[RegExp, Foreign]>([
    [/inputs are ids/, { inputs: ['ids'] }],
    [/input task_ids is not known/, { inputs: ['input_ids', 'task_ids'] }],
    [/input_ids has not two axes/, { axes: ['b', 's', 1], inputs: ['input_ids'] }],
    [/size of its input input_ids is fixed/, { axes: [1, 's'] }],
    [/opset is 12/, { opset: 12 }],
    [/has 2 outputs/, { outputs: 2 }],
    [/output scores is not float32/, { width: 1 }],
    [/change by .* in a padded batch/, { masked: false }],
  ])('%s', async (reason, options) => {
    const model = await foreign(options);
    await expect(importing(model, { repository: path.join(root, 'none') })).rejects.toMatchObject({
      code: expect.stringMatching(/^(import_refused|graph_\w+)$/),
      message: expect.stringMatching(reason),
    });
  });

  test('a tokenizer with more ids than the model', async () => {
    await writeFile(
      path.join(root, 'large.txt'),
      [...characters.slice(0, 5), ...Array.from({ length: 40 }, (_, i) => `x${i}`), '好'].join('\n'),
    );
    await expect(
      importing(await foreign(), { tokenizer: path.join(root, 'large.txt') }),
    ).rejects.toMatchObject({
      code: 'import_refused',
      message: expect.stringContaining('ids of this tokenizer'),
    });
  });

  test('an id beyond the model that none of the texts has', async () => {
    await writeFile(path.join(root, 'longer.txt'), [...characters, 'x'].join('\n'));
    await expect(
      importing(await foreign(), { tokenizer: path.join(root, 'longer.txt') }),
    ).rejects.toMatchObject({
      code: 'import_refused',
      message: expect.stringContaining(`the id ${characters.length}, which this tokenizer has`),
    });
  });

  test('texts that are allowed to be longer than the model reads', async () => {
    const model = await foreign({ positions: 12 });
    await expect(importing(model, { maxTokens: 13 })).rejects.toMatchObject({
      code: 'import_refused',
      message: expect.stringContaining('a text of 13 tokens, which --max-tokens allows'),
    });
    await importing(model, { maxTokens: 12 });
  });

  test('no file, and a file that is no model', async () => {
    await expect(importing(path.join(root, 'nothing.onnx'))).rejects.toMatchObject({ code: 'onnx_missing' });
    await expect(importing(path.join(root, 'vocab.txt'))).rejects.toMatchObject({ code: 'onnx_malformed' });
  });
});

test('retort import makes a bundle that retort predict reads; eager engines are left out of a comparison', async () => {
  const repository = path.join(root, 'cli');
  const given = [
    '--tokenizer',
    path.join(root, 'vocab.txt'),
    '--repository',
    repository,
    '--max-tokens',
    '12',
  ];
  const imported = await retort('import', await foreign(), ...given, '--json');
  expect(imported).toMatchObject({ status: 0, stderr: '' });
  const { folder } = JSON.parse(imported.stdout) as { folder: string };
  expect((await openBundle(folder)).manifest.lineage.command).toMatch(
    /^retort import model-[\d.e-]+\.onnx --tokenizer vocab\.txt --repository cli --max-tokens 12$/,
  );
  expect(await retort('predict', '--model', folder, '好')).toMatchObject({ status: 0 });
  const compared = await retort(
    'compare',
    folder,
    '--engines',
    'static-unoptimized,ort-eager',
    '--preset',
    'seed',
  );
  expect(compared).toMatchObject({ status: 0, stdout: expect.stringContaining('ort-eager fp32: left out.') });
});

test('that a version stands is told before the model is read', async () => {
  await importing(await foreign(), { name: 'standing' });
  const again = importing(path.join(root, 'none.onnx'), { name: 'standing', replace: false });
  await expect(again).rejects.toMatchObject({ code: 'bundle_exists' });
});
