/** From a network to a bundle: static graphs, compared with the eager forward before they are written. */
import { argmax } from '../core/probabilities.js';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../core/bundle/manifest.js';
import { GOLDEN_FILE } from '../core/bundle/read.js';
import { writeBundle } from '../core/bundle/write.js';
import { OrtEagerOps } from '../core/engines/ort-eager-ops.js';
import { fail } from '../core/errors.js';
import type { Graph, Model } from '../core/graph/ir.js';
import { decodeModel, encodeModel } from '../core/graph/onnx.js';
import { type Tensor, toNumbers } from '../core/tensor.js';
import { loadTokenizer } from '../core/text/tokenizers.js';
import type { PortSpec } from '../models/network.js';
import { networkOf } from '../models/networks.js';
import type { BoundNetwork } from '../models/networks.js';
import { staticGraph } from '../models/static-graph.js';
import {
  type Case,
  feedsOf,
  goldenOf,
  type LabelledSplit,
  largestDifference,
  type Measured,
  measureOn,
  sessionLogits,
} from './measure.js';
import { calibrationOn } from './calibration.js';
import { modelCard } from './model-card.js';
import { type FileVersions, fileVersions } from './opset/versions.js';
import { optimizedOwn } from './optimize/own-graph.js';
import type { Rewrite } from './optimize/rule.js';
import { storedParameters, storeInt8 } from './passes/store-int8.js';
import { renamed } from './report/renamed.js';
import { runSource } from './sources/run.js';
import type { ExportSource } from './sources/source.js';

export interface ExportOptions extends NetworkExportOptions {
  /** The run's folder. */
  readonly run: string;
}

export interface NetworkExportOptions {
  /** Where the bundle goes, as `<name>/<version>/`. */
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  /** The first is what is served. */
  readonly precisions: readonly [ExportPrecision, ...ExportPrecision[]];
  /** Labelled texts on which the accuracy of what is served goes into the manifest, beside the run's own. */
  readonly splits: readonly LabelledSplit[];
  /** Markdown that the model card opens with; null for none. */
  readonly notes: string | null;
  readonly replace: boolean;
  readonly now: Date;
  /** Of the file; what the op vocabulary is written for by default. */
  readonly versions?: FileVersions;
  /** Whether the graph is put into the form that runs fastest on CPU, with more and plainer operators. */
  readonly latency?: boolean;
  /** Sees each variant once it has been validated, before anything is written. */
  readonly observe?: (variant: WrittenVariant) => Promise<void> | void;
}

export interface WrittenVariant {
  readonly precision: ExportPrecision;
  /** The network's forward, as it was interpreted. */
  readonly interpreted: Graph;
  /** What the file holds. */
  readonly written: Model;
  /** From the one to the other, as far as rules made them. */
  readonly rewrites: readonly Rewrite[];
}

/** `int8` is stored as int8 and computed in fp32: passes/store-int8.ts. */
export const exportPrecisions = ['fp32', 'int8'] as const;

export type ExportPrecision = (typeof exportPrecisions)[number];

export interface ExportReport {
  readonly folder: string;
  readonly texts: number;
  readonly variants: readonly VariantReport[];
  /** Of what is served, on the splits that were given. */
  readonly accuracy: Manifest['accuracy'];
  /** On the first of them; null where none was given. */
  readonly calibration: Manifest['calibration'];
}

export interface VariantReport {
  readonly precision: ExportPrecision;
  readonly file: string;
  readonly bytes: number;
  readonly nodes: number;
  /** Largest |difference| of a logit between the written graph and the eager forward in fp32. */
  readonly difference: number;
  /** Texts whose label differs from the eager forward's. */
  readonly flips: number;
}

const cardFile = 'MODEL_CARD.md';
/** A table inside the operator is widened as a whole; of one that is gathered from only the rows that are read. */
const offWhenStored: readonly string[] = ['embed-layer-normalization'];
/** Between a written fp32 graph at any optimisation level and the eager forward, relative to the largest logit. */
const tolerance = 1e-5;

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
  const { parameters } = source;
  const { opset, irVersion } = options.versions ?? fileVersions({});
  const network = networkOf(source.network.kind, source.network.config);
  const interpreted = staticGraph(network, parameters);
  const tokenizer = await loadTokenizer(source.tokenizer, source.tokenizerFolder);
  const cases = source.texts.map((text) => ({ text, ids: tokenizer.encode(text) }));
  const eager = (of: ReadonlyMap<string, Tensor>) => eagerLogits(network, of, cases);
  const expected = await eager(parameters);

  const variants: Variant[] = [];
  for (const precision of options.precisions) {
    const { graph: fused, rewrites } = await optimizedOwn(interpreted, {
      opset,
      irVersion,
      parameters,
      latency: options.latency === true,
      disabled: precision === 'int8' ? offWhenStored : [],
    });
    const written = precision === 'int8' ? storeInt8(fused) : fused;
    const same = precision === 'int8' ? await eager(storedParameters(written, parameters)) : expected;
    const bytes = encodeModel({ graph: written, irVersion, opset });
    variants.push(await validated(precision, bytes, cases, { same, expected }));
    await options.observe?.({
      precision,
      interpreted,
      written: decodeModel(bytes),
      rewrites: renamed(
        rewrites,
        { from: interpreted, to: interpreted },
        { from: fused, to: written, name: 'store-int8' },
      ),
    });
  }
  const [served] = variants;
  const measured: Measured[] = [];
  for (const split of options.splits)
    if (served !== undefined)
      measured.push(await measureOn(served.bytes, served.report.precision, split, tokenizer));
  const accuracy = measured.map((one) => one.accuracy);
  const [first] = measured;
  const calibration =
    first === undefined ? source.calibration : calibrationOn(first.accuracy.data, first.predictions);
  const golden = goldenOf(cases, served?.logits ?? []);
  const text = (content: string) => new TextEncoder().encode(content);
  const manifest = manifestOf(source, network, variants, { accuracy, calibration }, options);
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
      [GOLDEN_FILE, text(`${JSON.stringify(golden, null, 2)}\n`)],
      [cardFile, text(modelCard(manifest, options.notes))],
    ]),
    { replace: options.replace },
  );
  return {
    folder,
    texts: cases.length,
    variants: variants.map(({ report }) => report),
    accuracy,
    calibration,
  };
}

interface Variant {
  readonly report: VariantReport;
  readonly bytes: Uint8Array;
  /** Of each case, with optimisation disabled. */
  readonly logits: readonly number[][];
}

interface EagerLogits {
  /** With the variant's own weights: the graph may not differ from these. */
  readonly same: readonly number[][];
  /** With the run's weights: what their precision costs is reported. */
  readonly expected: readonly number[][];
}

/** Decodes the file (which refuses what could not be read again), runs it, and compares it with the eager forward. */
async function validated(
  precision: ExportPrecision,
  bytes: Uint8Array,
  cases: readonly Case[],
  { same, expected }: EagerLogits,
): Promise<Variant> {
  const nodes = decodeModel(bytes).graph.nodes.length;
  const logits = await sessionLogits(bytes, 'disabled', cases);
  const optimized = await sessionLogits(bytes, 'all', cases);
  const allowed = tolerance * Math.max(1, ...same.flat().map(Math.abs));
  expectNear(optimized, logits, allowed, 'between optimisation levels');
  expectNear(logits, same, allowed, 'optimisation disabled');
  const file = precision === 'fp32' ? 'model.onnx' : `model.${precision}.onnx`;
  const flips = logits.filter((row, index) => argmax(row) !== argmax(expected[index] ?? [])).length;
  const difference = largestDifference(logits, expected);
  return { report: { precision, file, bytes: bytes.length, nodes, difference, flips }, bytes, logits };
}

function expectNear(
  found: readonly number[][],
  expected: readonly number[][],
  allowed: number,
  level: string,
): void {
  const difference = largestDifference(found, expected);
  if (difference <= allowed) return;
  throw fail('export_mismatch', {
    difference: difference.toExponential(2),
    tolerance: allowed.toExponential(0),
    level,
  });
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
  { accuracy, calibration }: Pick<Manifest, 'accuracy' | 'calibration'>,
  { name, version, now, versions = fileVersions({}) }: NetworkExportOptions,
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
    variants: variants.map(({ report: { precision, file } }) => ({
      precision,
      file,
      ...versions,
    })),
    accuracy: [...source.accuracy, ...accuracy],
    calibration,
    lineage: { createdAt: now.toISOString(), producer: 'retort', ...source.lineage },
  };
}
