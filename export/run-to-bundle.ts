/** From a network to a bundle: static graphs, compared with the eager forward before they are written. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../core/bundle/manifest.js';
import { GOLDEN_FILE } from '../core/bundle/read.js';
import { placeOfBundle, writeBundle } from '../core/bundle/write.js';
import { OrtEagerOps } from '../core/engines/ort-eager-ops.js';
import type { Graph, Model } from '../core/graph/ir.js';
import { decodeModel } from '../core/graph/onnx.js';
import { describeMachine } from '../core/machine.js';
import { type Tensor, toNumbers } from '../core/tensor.js';
import { loadTokenizer } from '../core/text/tokenizers.js';
import { type WeightForm, weightFormFor } from '../core/weight-form.js';
import type { PortSpec } from '../models/network.js';
import { networkOf } from '../models/networks.js';
import type { BoundNetwork } from '../models/networks.js';
import { staticGraph } from '../models/static-graph.js';
import {
  type Case,
  feedsOf,
  goldenOf,
  type LabelledSplit,
  type Measured,
  measureOn,
  withScores,
} from './measure.js';
import { agreementOn, type AgreementTeacher } from './agreement.js';
import { calibrationOn } from './calibration.js';
import { modelCard } from './model-card.js';
import type { FileVersions } from './opset/versions.js';
import { opsetOf } from './opset/convert.js';
import type { Rewrite } from './optimize/rule.js';
import { metadataKeys } from './quantize/quantize.js';
import { runSource } from './sources/run.js';
import type { ExportSource } from './sources/source.js';
import { makeVariant, type Variant, type VariantReport } from './variant.js';

export interface ExportOptions extends NetworkExportOptions {
  /** The run's folder. */
  readonly run: string;
}

export interface NetworkExportOptions {
  /** Where the bundle goes, as `<name>/<version>/`. */
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  /** Of `exportPrecisions`; the first is what is served. */
  readonly precisions: readonly [string, ...string[]];
  /** Labelled texts on which the accuracy of each variant goes into the manifest, beside the run's own. */
  readonly splits: readonly LabelledSplit[];
  /** Whose labels on the first split go into the manifest beside the student's. */
  readonly teacher?: AgreementTeacher | null;
  /** Markdown that the model card opens with; null for none. */
  readonly notes: string | null;
  readonly replace: boolean;
  readonly now: Date;
  /** Of the files; what the op vocabulary is written for by default, or newer ones that quicker kernels need. */
  readonly versions?: FileVersions;
  /** Whether the graph is put into the form that runs fastest on CPU, with more and plainer operators. */
  readonly latency?: boolean;
  /** Of integer products; what fits this machine by default. */
  readonly weights?: WeightForm;
  /** On which activations are measured, for a scheme that is calibrated. */
  readonly calibrationTexts?: readonly string[];
  /** Sees each variant once it has been validated, before anything is written. */
  readonly observe?: (variant: WrittenVariant) => Promise<void> | void;
}

export interface WrittenVariant {
  /** Of `exportPrecisions`. */
  readonly form: string;
  /** The network's forward, as it was interpreted. */
  readonly interpreted: Graph;
  /** What the file holds. */
  readonly written: Model;
  /** From the one to the other, as far as rules made them. */
  readonly rewrites: readonly Rewrite[];
}

export interface ExportReport {
  readonly folder: string;
  readonly texts: number;
  readonly variants: readonly VariantReport[];
  /** Of each variant on the splits that were given, the one that is served first. */
  readonly accuracy: Manifest['accuracy'];
  /** Of the graph in fp32 of which they were made; nothing where that is a variant itself. */
  readonly accuracyBefore: Manifest['accuracy'];
  /** On the first of them; null where none was given. */
  readonly calibration: Manifest['calibration'];
  /** With the teacher, on the first of them; undefined where none was given and none is known. */
  readonly agreement: Manifest['agreement'];
}

const cardFile = 'MODEL_CARD.md';
/** @throws RetortError of the run, and as exportNetwork */
export async function exportRun(options: ExportOptions): Promise<ExportReport> {
  return exportNetwork(await runSource(options.run), options);
}

/**
 * @throws RetortError of the network, the tokenizer and the bundle; export_mismatch when a graph does not compute what
 * the network does
 */
export async function exportNetwork(
  source: ExportSource,
  options: NetworkExportOptions,
): Promise<ExportReport> {
  await placeOfBundle(options.repository, options, { replace: options.replace });
  const { parameters } = source;
  const network = networkOf(source.network.kind, source.network.config);
  const interpreted = staticGraph(network, parameters);
  const tokenizer = await loadTokenizer(source.tokenizer, source.tokenizerFolder);
  const cases = source.texts.map((text) => ({ text, ids: tokenizer.encode(text) }));
  const expected = await eagerLogits(network, parameters, cases);
  const variants: Variant[] = [];
  for (const form of options.precisions) {
    const variant = await makeVariant(form, {
      interpreted,
      parameters,
      versions: options.versions ?? null,
      latency: options.latency === true,
      cases,
      expected,
      eager: (of) => eagerLogits(network, of, cases),
      weights: options.weights ?? weightFormFor(describeMachine()),
      calibration: (options.calibrationTexts ?? []).map((one) => ({ ids: tokenizer.encode(one) })),
    });
    variants.push(variant);
    const { rewrites, bytes } = variant;
    await options.observe?.({ form, interpreted, written: decodeModel(bytes), rewrites });
  }
  const [measured, unquantized]: [Measured[], Measured[]] = [[], []];
  for (const { bytes, report } of variants)
    for (const split of options.splits) measured.push(await measureOn(bytes, report.form, split, tokenizer));
  const unquantizedGraph = variants.every(({ bytes, plain }) => bytes !== plain)
    ? variants[0]?.plain
    : undefined;
  if (unquantizedGraph !== undefined)
    for (const split of options.splits)
      unquantized.push(await measureOn(unquantizedGraph, 'fp32', split, tokenizer));
  const accuracy = measured.map((one) => one.accuracy);
  const [first] = measured;
  const calibration =
    first === undefined ? source.calibration : calibrationOn(first.accuracy.data, first.predictions);
  const goldens = new Map(
    variants.map(({ report, logits, tolerance }, place) => [
      goldenFile(report.form, place),
      goldenOf(cases, logits, tolerance),
    ]),
  );
  const text = (content: string) => new TextEncoder().encode(content);
  const { teacher = null } = options;
  const [split] = options.splits;
  const agreement =
    teacher === null || first === undefined || split === undefined
      ? source.agreement
      : await agreementOn(split, first.predictions, teacher);
  const manifest = manifestOf(source, network, variants, { accuracy, calibration, agreement }, options);
  const tokenizerFiles = source.tokenizerFiles.map(async (file): Promise<[string, Uint8Array]> => [
    path.basename(file),
    await readFile(file),
  ]);
  const folder = await writeBundle(
    options.repository,
    manifest,
    new Map([
      ...variants.map(({ report, bytes }): [string, Uint8Array] => [report.file, bytes]),
      ...(await Promise.all(tokenizerFiles)),
      ...Array.from(goldens, ([file, golden]): [string, Uint8Array] => [
        file,
        text(`${JSON.stringify(golden, null, 2)}\n`),
      ]),
      [cardFile, text(modelCard(manifest, options.notes))],
    ]),
    { replace: options.replace },
  );
  return {
    folder,
    texts: cases.length,
    variants: variants.map(({ report }) => report),
    accuracy,
    accuracyBefore: unquantized.map((one) => one.accuracy),
    calibration,
    agreement,
  };
}

/** What is served by default has the name that every bundle has. */
function goldenFile(form: string, place: number): string {
  return place === 0 ? GOLDEN_FILE : `golden.${form}.json`;
}

/** Logits of each row of ids, one row at a time, by the network's forward over OrtEagerOps. */
async function eagerLogits(
  network: BoundNetwork,
  parameters: ReadonlyMap<string, Tensor>,
  cases: readonly Case[],
): Promise<number[][]> {
  const ops = new OrtEagerOps();
  const bound = Object.fromEntries(Array.from(parameters, ([name, tensor]) => [name, ops.constant(tensor)]));
  const found: number[][] = [];
  for (const { ids } of cases) {
    const inputs = Object.fromEntries(
      Object.entries(feedsOf(ids)).map(([name, value]) => [name, ops.constant(value)]),
    );
    const { logits } = network.forward(ops, bound, inputs);
    if (logits === undefined) throw new RangeError('the network gives no logits');
    found.push(toNumbers(await logits));
  }
  await ops.close();
  return found;
}

function manifestOf(
  source: ExportSource,
  network: BoundNetwork,
  variants: readonly Variant[],
  { accuracy, calibration, agreement }: Pick<Manifest, 'accuracy' | 'calibration' | 'agreement'>,
  { name, version, now, latency }: NetworkExportOptions,
): Omit<Manifest, 'files'> {
  const port = ({ name: portName, dtype, shape }: PortSpec) => ({
    name: portName,
    dtype,
    shape: shape.map((dimension) => dimension ?? ''),
  });
  return {
    format: 1,
    name,
    version,
    task: 'text-classification',
    labels: ['negative', 'positive'],
    network: source.network,
    tokenizer: source.tokenizer,
    inputs: network.inputs.map(port),
    outputs: network.outputs.map(port),
    variants: variants.map(({ report: { precision, form, file }, model }, place) => {
      const weights = model.metadata.get(metadataKeys.weights);
      return {
        precision,
        file,
        opset: opsetOf(model),
        irVersion: model.irVersion,
        ...(form === 'fp32' ? {} : { scheme: form }),
        ...(weights === undefined ? {} : { weights }),
        ...(latency === true ? { latency } : {}),
        ...(place === 0 ? {} : { golden: goldenFile(form, place) }),
      };
    }),
    accuracy: withScores(source.accuracy, accuracy),
    calibration,
    ...(agreement === undefined ? {} : { agreement }),
    lineage: { createdAt: now.toISOString(), producer: 'retort', ...source.lineage },
  };
}
