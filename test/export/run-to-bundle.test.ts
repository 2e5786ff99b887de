/** Export keeps what computes what the network computes, and nothing else. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openBundle, readGolden } from '../../core/bundle/read.js';
import { OrtEagerOps } from '../../core/engines/ort-eager-ops.js';
import {
  exportNetwork,
  type ExportOptions,
  exportRun,
  type NetworkExportOptions,
} from '../../export/run-to-bundle.js';
import { largestDifference, sessionLogits } from '../../export/measure.js';
import { bundleSource } from '../../export/sources/bundle.js';
import { Predictor } from '../../serving/predictor.js';
import { writeTinyRun } from '../fixtures/tiny-run.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'retort-export-'));
  await writeTinyRun(path.join(root, 'run'));
});
afterAll(() => rm(root, { recursive: true }));
afterEach(() => {
  jest.restoreAllMocks();
});

function settings(repository: string): NetworkExportOptions {
  return {
    repository: path.join(root, repository),
    name: 'tiny',
    version: '1',
    precisions: ['fp32'],
    splits: [],
    notes: null,
    replace: false,
    now: new Date(0),
  };
}

function exportTo(repository: string, overrides: Partial<ExportOptions> = {}) {
  return exportRun({ run: path.join(root, 'run'), ...settings(repository), ...overrides });
}

/** Every file below a folder of the test's, with its contents. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'base64')] as const)),
  );
}

/** From here on the eager forward computes another function than is written. */
function computeAnotherForward(): void {
  jest.spyOn(OrtEagerOps.prototype, 'tanh').mockImplementation(function (this: OrtEagerOps, x) {
    return this.sigmoid(x);
  });
}

test('a run becomes a bundle whose variants agree with the eager forward', async () => {
  const forms = ['fp32', 'int8-stored', 'fp16-stored', 'int8', 'fp16'] as const;
  const { folder, texts, variants } = await exportTo('good', { precisions: forms });
  const [fp32, stored, half, int8, computedInHalf] = variants;
  expect(texts).toBe(5);
  expect(fp32!.difference).toBeLessThan(1e-5);
  expect(stored!.difference).toBeLessThan(1e-2);
  expect(half!.difference).toBeLessThan(1e-3);
  expect(int8!.difference).toBeLessThan(5e-2);
  expect(computedInHalf!.difference).toBeLessThan(1e-2);
  expect(variants.map(({ flips }) => flips)).toEqual([0, 0, 0, 0, 0]);
  for (const smaller of [stored, half, int8]) expect(smaller!.bytes).toBeLessThan(fp32!.bytes);
  const bundle = await openBundle(folder);
  const { manifest, golden } = bundle;
  expect(manifest.variants.map(({ precision, scheme }) => [precision, scheme])).toEqual([
    ['fp32', undefined],
    ['int8', 'int8-stored'],
    ['fp16', 'fp16-stored'],
    ['int8', 'int8'],
    ['fp16', 'fp16'],
  ]);
  expect(golden.cases.map(({ logits }) => logits.length)).toEqual([2, 2, 2, 2, 2]);
  // Two of one precision too are each checked against what they gave themselves.
  for (const variant of manifest.variants) {
    const { cases } = await readGolden(bundle, variant);
    const given = await sessionLogits(await readFile(bundle.path(variant.file)), 'all', cases);
    expect(
      largestDifference(
        given,
        cases.map(({ logits }) => logits),
      ),
    ).toBeLessThan(1e-6);
  }
});

test('every variant is checked against golden logits of its own; auto serves integers that suit this CPU', async () => {
  const { folder } = await exportTo('two', {
    precisions: ['fp32', 'int8-calibrated'],
    calibrationTexts: ['房间很干净', '太差了', '书很好'],
  });
  const bundle = await openBundle(folder);
  const opened = async (precision: 'auto' | 'fp32' | 'int8') => {
    const predictor = await Predictor.open(bundle, 1, { precision });
    await predictor.close();
    return predictor.precision;
  };
  expect(await opened('fp32')).toBe('fp32');
  expect(await opened('int8')).toBe('int8');
  expect(await opened('auto')).toBe('int8');
  await expect(Predictor.open(bundle, 1, { precision: 'fp16' })).rejects.toMatchObject({
    code: 'variant_missing',
  });
  // A last bit may turn the rounding of an integer.
  const tolerances = bundle.manifest.variants.map((variant) => readGolden(bundle, variant));
  expect((await Promise.all(tolerances)).map(({ tolerance }) => tolerance)).toEqual([1e-3, 1e-2]);
  // Exported anew, neither file of golden logits is taken for one of the tokenizer.
  const source = await bundleSource(folder);
  expect(source.tokenizerFiles.some((file) => file.includes('golden'))).toBe(false);
});

test('the teacher\u2019s agreement stands in the manifest, and stays there when the bundle is exported anew', async () => {
  const examples = ['房间很干净', '太差了', '书很好', '电脑'].map((text) => ({ text, label: 0 }));
  const teacher = {
    name: 'teacher',
    version: '3',
    label: (texts: readonly string[]) =>
      Promise.resolve(texts.map((text) => ({ logits: text === '太差了' ? [9, -9] : [-9, 9] }))),
  };
  const splits = [{ name: 'dev', examples }];
  const { folder, agreement } = await exportTo('agreement', { splits, teacher });
  expect(agreement).toMatchObject({ teacher: 'teacher/3', data: 'dev', rows: 4 });
  expect((agreement?.rate ?? NaN) * 4).toBeCloseTo(Math.round((agreement?.rate ?? NaN) * 4), 9);
  expect((await openBundle(folder)).manifest.agreement).toEqual(agreement);
  expect((await bundleSource(folder)).agreement).toEqual(agreement);
});

describe.each<{ precisions: ExportOptions['precisions'] }>([
  { precisions: ['fp32'] },
  { precisions: ['int8-stored'] },
  { precisions: ['int8'] },
  { precisions: ['int8-stored', 'fp32'] },
])('as $precisions', ({ precisions }) => {
  test('a graph that differs from the eager forward is refused, and nothing is left', async () => {
    computeAnotherForward();
    await expect(exportTo('wrong', { precisions })).rejects.toMatchObject({
      code: 'export_mismatch',
      message: expect.stringMatching(/differs .* by \d/),
    });
    expect(await filesIn('wrong')).toEqual(new Map());
  });

  test('logits that are no numbers are refused', async () => {
    await writeTinyRun(path.join(root, 'poisoned'), Number.NaN);
    await expect(exportTo('poison', { run: path.join(root, 'poisoned'), precisions })).rejects.toMatchObject({
      code: 'export_mismatch',
    });
    expect(await filesIn('poison')).toEqual(new Map());
  });
});

test('a version that stands is not touched by an export that is refused', async () => {
  await exportTo('standing');
  const before = await filesIn('standing');
  await expect(exportTo('standing')).rejects.toMatchObject({ code: 'bundle_exists' });
  computeAnotherForward();
  await expect(exportTo('standing', { replace: true })).rejects.toMatchObject({ code: 'export_mismatch' });
  expect(await filesIn('standing')).toEqual(before);
});

test('that a version stands is told before any graph is made', async () => {
  await exportTo('told');
  const made: string[] = [];
  const observe = ({ form }: { form: string }) => {
    made.push(form);
  };
  await expect(exportTo('told', { observe })).rejects.toMatchObject({ code: 'bundle_exists' });
  expect(made).toEqual([]);
});

test.each(['int8', 'int8-calibrated'])('what was quantised as %s can be exported anew', async (form) => {
  const calibrationTexts = ['房间很干净，服务也好。', '太差了'];
  const { folder } = await exportTo(form, { precisions: [form], calibrationTexts });
  const again = await exportNetwork(await bundleSource(folder), {
    ...settings(`${form}-again`),
    precisions: ['fp32', 'int8-stored'],
  });
  const [first, anew] = await Promise.all([openBundle(folder), openBundle(again.folder)]);
  for (const [place, { logits }] of anew.golden.cases.entries())
    logits.forEach((logit, k) => expect(logit).toBeCloseTo(first.golden.cases[place]!.logits[k]!, 1));
});

test('of weights in 4 bits the wide ones do not stand in the file too', async () => {
  const { variants } = await exportTo('int4', { precisions: ['fp32', 'int4'] });
  expect(variants[1]!.bytes).toBeLessThan(variants[0]!.bytes);
});

test('rows are compared however many there are', () => {
  const rows = Array.from({ length: 200_000 }, () => [0, 1]);
  expect(largestDifference(rows, rows)).toBe(0);
  expect(largestDifference(rows, rows.with(7, [0, 3]))).toBe(2);
  expect(largestDifference(rows.slice(1), rows)).toBe(Infinity);
});

test('accuracy is measured before and after quantisation', async () => {
  const splits = [{ name: 'dev', examples: [{ text: '太差了', label: 0 }] }];
  const { accuracy, accuracyBefore } = await exportTo('measured', { precisions: ['int8'], splits });
  expect([accuracyBefore, accuracy].map((scores) => scores.map(({ data }) => data))).toEqual([
    ['dev, as fp32'],
    ['dev, as int8'],
  ]);
});

test('every variant is measured; a bundle that is exported anew has one line for each', async () => {
  const splits = [{ name: 'dev', examples: [{ text: '太差了', label: 0 }] }];
  const lines = ['dev', 'dev, as fp16-stored', 'dev, as int8'];
  const dataOf = (accuracy: readonly { readonly data: string }[]) => accuracy.map(({ data }) => data);
  const { folder, accuracy } = await exportTo('each', { precisions: ['fp16-stored', 'int8'], splits });
  expect(dataOf(accuracy)).toEqual(lines.slice(1));
  const again = await exportNetwork(await bundleSource(folder), {
    ...settings('each-again'),
    precisions: ['fp16-stored', 'int8'],
    splits,
  });
  expect(dataOf((await openBundle(again.folder)).manifest.accuracy)).toEqual(lines);
});

test('a calibrated scheme without texts is refused', async () => {
  await expect(exportTo('uncalibrated', { precisions: ['int8-calibrated'] })).rejects.toMatchObject({
    code: 'calibration_missing',
  });
  expect(await filesIn('uncalibrated')).toEqual(new Map());
});
