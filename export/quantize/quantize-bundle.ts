/** A bundle in lower precision: the same network and tokenizer, one quantised variant, measured anew. */
import { readFile } from 'node:fs/promises';
import { FOREIGN_NETWORK, type Manifest } from '../../core/bundle/manifest.js';
import { type Bundle, GOLDEN_FILE, goldenFiles } from '../../core/bundle/read.js';
import { placeOfBundle, writeBundle } from '../../core/bundle/write.js';
import { fail } from '../../core/errors.js';
import { encodeModel, readModel } from '../../core/graph/onnx.js';
import { argmax } from '../../core/probabilities.js';
import { tally } from '../../core/tally.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import type { Model } from '../../core/graph/ir.js';
import { parametersOfBundle } from '../../models/bundle-parameters.js';
import { networkOf } from '../../models/networks.js';
import { calibrationOn } from '../calibration.js';
import { formOfVariant, withParameters } from '../form.js';
import { feedsOf, goldenOf, type LabelledSplit, scored, withScores } from '../measure.js';
import { modelCard } from '../model-card.js';
import { type Change, compareLogits } from './compare.js';
import { machineTolerance, type Scheme } from './scheme.js';
import { expectSameInBatch, metadataKeys, quantizeModel, type QuantizeOptions } from './quantize.js';

export interface QuantizeBundleOptions extends Omit<QuantizeOptions, 'calibration'> {
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  readonly replace: boolean;
  readonly now: Date;
  /** What was typed, for the lineage. */
  readonly command: string;
  /** Measured before and after; the first also says what the score's temperature is. */
  readonly splits: readonly LabelledSplit[];
  /** Texts on which activations are measured. */
  readonly calibrationTexts: readonly string[];
}

export interface QuantizeBundleReport {
  readonly folder: string;
  readonly scheme: string;
  readonly bytes: { readonly before: number; readonly after: number };
  readonly nodes: { readonly before: number; readonly after: number };
  readonly rewrites: Readonly<Record<string, number>>;
  readonly refusals: readonly { readonly rule: string; readonly node: string; readonly reason: string }[];
  readonly change: Change;
  readonly accuracy: readonly { readonly before: Score; readonly after: Score }[];
}

type Score = Manifest['accuracy'][number];

const cardFile = 'MODEL_CARD.md';

/** @throws RetortError of `quantizeModel` and the bundle; quantize_mismatch where batch-mates change an answer */
export async function quantizeBundle(
  bundle: Bundle,
  options: QuantizeBundleOptions,
): Promise<QuantizeBundleReport> {
  const { manifest } = bundle;
  const { scheme, splits, calibrationTexts } = options;
  await placeOfBundle(options.repository, options, { replace: options.replace });
  const [source] = manifest.variants;
  if (source === undefined)
    throw fail('bundle_malformed', { path: bundle.folder, reason: 'it has no variant' });
  const tokenizer = await loadTokenizer(manifest.tokenizer, bundle.folder);
  const before = await readFile(bundle.path(source.file));
  const model = await readModel(bundle.path(source.file));
  const calibration = calibrationTexts.map((text) => feedsOf(tokenizer.encode(text)));
  const quantized = await quantizeModel(model, { ...options, calibration });
  const whole = await withOwnParameters(bundle, quantized.model, scheme);
  const after = encodeModel(whole);

  const golden = bundle.golden.cases.map(({ text }) => text);
  const texts = [
    ...new Set([...golden, ...splits.flatMap(({ examples }) => examples.map(({ text }) => text))]),
  ];
  const cases = texts.map((text) => ({ text, ids: [...tokenizer.encode(text)] }));
  const { change, expected, logits } = await compareLogits(before, after, cases);
  expectSameInBatch(scheme, change);
  const scoresOf = (found: readonly number[][], form: string) => {
    const byText = new Map(texts.map((text, index) => [text, found[index] ?? []]));
    return splits.map(({ name, examples }) => {
      const predictions = examples.map(({ text, label }) => ({ logits: byText.get(text) ?? [], label }));
      const correct = predictions.filter((one) => argmax(one.logits) === one.label).length;
      const data = `${name}, as ${form}`;
      return { accuracy: scored({ data, rows: examples.length, correct }), predictions };
    });
  };
  const was = scoresOf(expected, formOfVariant(source));
  const is = scoresOf(logits, scheme.name);

  const file = `model.${scheme.precision}.onnx`;
  const form = quantized.model.metadata.get(metadataKeys.weights);
  const [first] = is;
  const changed: Omit<Manifest, 'files'> = {
    ...manifest,
    name: options.name,
    version: options.version,
    variants: [
      {
        precision: scheme.precision,
        file,
        opset: quantized.model.opsets.get('') ?? source.opset,
        irVersion: quantized.model.irVersion,
        scheme: scheme.name,
        ...(form === undefined ? {} : { weights: form }),
      },
    ],
    accuracy: withScores(
      manifest.accuracy,
      is.map(({ accuracy }) => accuracy),
    ),
    calibration:
      first === undefined ? manifest.calibration : calibrationOn(first.accuracy.data, first.predictions),
    lineage: {
      ...manifest.lineage,
      createdAt: options.now.toISOString(),
      settings: {
        ...manifest.lineage.settings,
        quantized: { command: options.command, from: `${manifest.name}/${manifest.version}` },
      },
    },
  };
  const replaced = new Set([...goldenFiles(manifest), cardFile, ...manifest.variants.map((one) => one.file)]);
  const kept = manifest.files.map((one) => one.path).filter((name) => !replaced.has(name));
  const text = (content: string) => new TextEncoder().encode(content);
  const goldens = goldenOf(cases.slice(0, golden.length), logits, machineTolerance(scheme));
  const folder = await writeBundle(
    options.repository,
    changed,
    new Map([
      [file, after],
      ...(await Promise.all(
        kept.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(bundle.path(name))]),
      )),
      [GOLDEN_FILE, text(`${JSON.stringify(goldens, null, 2)}\n`)],
      [cardFile, text(modelCard(changed, null))],
    ]),
    { replace: options.replace },
  );
  return {
    folder,
    scheme: scheme.name,
    bytes: { before: before.length, after: after.length },
    nodes: { before: model.graph.nodes.length, after: quantized.model.graph.nodes.length },
    rewrites: tally(quantized.rewrites.map(({ rule }) => rule)),
    refusals: quantized.refusals,
    change,
    accuracy: was.flatMap(({ accuracy }, place) => {
      const after = is[place]?.accuracy;
      return after === undefined ? [] : [{ before: accuracy, after }];
    }),
  };
}

/** Of a network of this product, so that the bundle can be exported, pruned and compared as any other. */
async function withOwnParameters(bundle: Bundle, model: Model, scheme: Scheme): Promise<Model> {
  const { kind, config } = bundle.manifest.network;
  if (kind === FOREIGN_NETWORK) return model;
  return withParameters(model, scheme, await parametersOfBundle(bundle, networkOf(kind, config).parameters));
}
