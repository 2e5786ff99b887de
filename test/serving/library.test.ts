/** The library interface on a small bundle: handles, buffers that are used again, labels. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPredictor, type HandlePredictor } from '../../serving/library/index.js';
import { writeTinyBundle } from '../fixtures/tiny-bundle.js';

let root: string;
let predictor: HandlePredictor;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-library-'));
  predictor = await createPredictor({ model: await writeTinyBundle(root) });
});
afterAll(async () => {
  await predictor.close();
  await rm(root, { recursive: true });
});

async function run(rows: readonly (readonly number[])[]): Promise<number[][]> {
  const longest = Math.max(...rows.map(({ length }) => length));
  const padded = rows.flatMap((row) => Array.from({ length: longest }, (_, i) => row[i] ?? 0));
  predictor.input('input_ids').reshape([rows.length, longest]).copyFrom(padded);
  predictor
    .input('sequence_lengths')
    .reshape([rows.length])
    .copyFrom(rows.map(({ length }) => length));
  await predictor.run();
  const { shape, data } = predictor.output('logits');
  expect(shape).toEqual([rows.length, 2]);
  return rows.map((_, row) => [Number(data[2 * row]), Number(data[2 * row + 1])]);
}

test('handles give what predict gives, whatever ran before in the same buffers', async () => {
  const texts = ['房间很干净，服务也好。', '太差了', '书'];
  const expected = (await predictor.predict(texts)).map(({ logits }) => logits);
  const ids = texts.map((text) => predictor.encode(text));
  expect(await run(ids)).toEqual(expected);
  expect(await run([ids[1]!])).toEqual([expected[1]]);
  expect(await run(ids)).toEqual(expected);
});

test('a buffer is used again for every shape that fits it', () => {
  const handle = predictor.input('input_ids');
  const { buffer } = handle.reshape([4, 50]).data;
  expect(handle.reshape([2, 3]).data.buffer).toBe(buffer);
  expect(handle.data).toHaveLength(6);
  handle.data[0] = 3n;
  expect(handle.reshape([20, 50]).data[0]).toBe(3n);
});

test('says its names and its provider', () => {
  expect(predictor).toMatchObject({
    provider: 'cpu',
    inputNames: ['input_ids', 'sequence_lengths'],
    outputNames: ['logits'],
  });
});

test.each([
  ['a shape of one axis', () => predictor.input('input_ids').reshape([3])],
  ['a shape with a 0', () => predictor.input('input_ids').reshape([0, 3])],
  ['too few elements', () => predictor.input('input_ids').reshape([1, 3]).copyFrom([1])],
])('refuses %s', (_what, act) => {
  expect(act).toThrow(expect.objectContaining({ code: 'input_shape_invalid' }));
});

test('refuses a name, a variant and a provider that are not there', async () => {
  expect(() => predictor.output('none')).toThrow(expect.objectContaining({ code: 'handle_unknown' }));
  const model = path.join(root, 'tiny', '1');
  await expect(createPredictor({ model, precision: 'int8' })).rejects.toMatchObject({
    code: 'variant_missing',
  });
  await expect(createPredictor({ model, provider: 'dml' })).rejects.toMatchObject({
    code: 'provider_missing',
  });
  const fallen = await createPredictor({ model, provider: 'dml', fallback: true });
  expect([fallen.provider, fallen.warnings.length]).toEqual(['cpu', 1]);
  await fallen.close();
});

test('what it does not take is refused by name', async () => {
  const model = path.join(root, 'tiny', '1');
  const refused = (config: object) => createPredictor(config as never);
  for (const config of [{}, { model, provider: 'gpu' }, { model, thread: 2 }, { model, threads: -1 }])
    await expect(refused(config)).rejects.toMatchObject({ code: 'predictor_config_invalid' });
  await expect(predictor.predict('好' as never)).rejects.toMatchObject({ code: 'texts_invalid' });
  expect(() => predictor.input('input_ids').reshape([1, 1]).copyFrom([29.5])).toThrow(
    expect.objectContaining({ code: 'input_elements_invalid' }),
  );
});

test('closing again is no error', async () => {
  const other = await createPredictor({ model: path.join(root, 'tiny', '1') });
  await other.close();
  await other.close();
});
