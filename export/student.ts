/** From a training run's folder to a bundle: the static graph, compared with the eager forward before it is written. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../core/bundle/manifest.js';
import { GOLDEN_FILE } from '../core/bundle/read.js';
import { writeBundle } from '../core/bundle/write.js';
import { OrtEagerOps } from '../core/engines/ort-eager-ops.js';
import { openSession } from '../core/engines/session.js';
import { fail } from '../core/errors.js';
import { decodeModel, defaultIrVersion, defaultOpset, encodeModel } from '../core/graph/onnx.js';
import { wilsonInterval } from '../core/statistics.js';
import { int32, int64, type Tensor, toNumbers } from '../core/tensor.js';
import { loadTokenizer } from '../core/text/tokenizers.js';
import type { PortSpec } from '../models/network.js';
import { networkOf } from '../models/networks.js';
import type { BoundNetwork } from '../models/networks.js';
import { readRun, type FinishedRun } from '../models/run-folder.js';
import { staticGraph } from '../models/static-graph.js';
import { modelCard } from './model-card.js';
import { dropUnusedOutputs } from './passes/drop-unused-outputs.js';

export interface ExportOptions {
  /** The run's folder. */
  readonly run: string;
  /** Where the bundle goes, as `<name>/<version>/`. */
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  readonly replace: boolean;
  readonly now: Date;
}

export interface ExportReport {
  readonly folder: string;
  readonly bytes: number;
  readonly nodes: number;
  readonly texts: number;
  /** Largest |difference| of a logit between the written graph and the eager forward. */
  readonly difference: number;
}

const modelFile = 'model.onnx';
const cardFile = 'MODEL_CARD.md';
/** Between the written file at any optimisation level and the eager forward, on a logit. */
const tolerance = 1e-5;
/** Texts of the run's validation texts that go into the bundle, for the parity check when it is loaded. */
const goldenTexts = 8;
/** Other machines have other kernels: their last bits differ. */
const goldenTolerance = 1e-3;

/**
 * @throws RetortError of the run, the tokenizer and the bundle; export_mismatch when the graph does not compute what
 * the network does
 */
export async function exportStudent(options: ExportOptions): Promise<ExportReport> {
  const finished = await readRun(options.run);
  const { run, parameters, validationTexts } = finished;
  const network = networkOf(run.network.kind, run.network.config);
  const graph = dropUnusedOutputs(staticGraph(network, parameters));
  const bytes = encodeModel({ graph });
  // Decoding refuses what would not be read again.
  const nodes = decodeModel(bytes).graph.nodes.length;

  const tokenizer = await loadTokenizer(run.tokenizer, options.run);
  const cases = validationTexts.map((text) => ({ text, ids: tokenizer.encode(text) }));
  const logits = await eagerLogits(
    network,
    parameters,
    cases.map(({ ids }) => ids),
  );
  const difference = Math.max(
    await largestDifference(bytes, 'disabled', cases, logits),
    await largestDifference(bytes, 'all', cases, logits),
  );

  const golden = {
    tolerance: goldenTolerance,
    cases: cases.slice(0, goldenTexts).map((one, index) => ({ ...one, logits: logits[index] ?? [] })),
  };
  const text = (content: string) => new TextEncoder().encode(content);
  const manifest = manifestOf(finished, network, options);
  const { vocabularyFile } = run.tokenizer;
  const folder = await writeBundle(
    options.repository,
    manifest,
    new Map([
      [modelFile, bytes],
      [vocabularyFile, await readFile(path.join(options.run, vocabularyFile))],
      [GOLDEN_FILE, text(`${JSON.stringify(golden, null, 2)}\n`)],
      [cardFile, text(modelCard(manifest))],
    ]),
    { replace: options.replace },
  );
  return { folder, bytes: bytes.length, nodes, texts: cases.length, difference };
}

/** Logits of each row of ids, one row at a time, by the network's forward over OrtEagerOps. */
async function eagerLogits(
  network: BoundNetwork,
  parameters: ReadonlyMap<string, Tensor>,
  rows: readonly number[][],
): Promise<number[][]> {
  const ops = new OrtEagerOps();
  const bound = Object.fromEntries(Array.from(parameters, ([name, tensor]) => [name, ops.constant(tensor)]));
  const found: number[][] = [];
  for (const ids of rows) {
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

async function largestDifference(
  bytes: Uint8Array,
  level: 'disabled' | 'all',
  cases: readonly { readonly ids: number[] }[],
  expected: readonly number[][],
): Promise<number> {
  const session = await openSession(bytes, { optimization: level });
  let largest = 0;
  for (const [index, { ids }] of cases.entries()) {
    const { logits } = await session.run(feedsOf(ids));
    const found = logits === undefined ? [] : toNumbers(logits);
    (expected[index] ?? []).forEach((value, k) => {
      largest = Math.max(largest, Math.abs(value - (found[k] ?? Infinity)));
    });
  }
  await session.close();
  if (!(largest <= tolerance)) {
    throw fail('export_mismatch', {
      difference: largest.toExponential(2),
      tolerance: tolerance.toExponential(0),
      level: `optimisation ${level}`,
    });
  }
  return largest;
}

function feedsOf(ids: readonly number[]): Record<'input_ids' | 'sequence_lengths', Tensor> {
  return { input_ids: int64(ids, [1, ids.length]), sequence_lengths: int32([ids.length]) };
}

function manifestOf(
  { run }: FinishedRun,
  network: BoundNetwork,
  { name, version, now }: ExportOptions,
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
    network: run.network,
    tokenizer: run.tokenizer,
    inputs: network.inputs.map(port),
    outputs: network.outputs.map(port),
    variants: [{ precision: 'fp32', file: modelFile, opset: defaultOpset, irVersion: defaultIrVersion }],
    accuracy: run.scores.map(({ data, rows, correct }) => {
      const [low, high] = wilsonInterval(correct, rows);
      return { data, rows, correct, accuracy: correct / rows, interval: [low, high] };
    }),
    lineage: {
      createdAt: now.toISOString(),
      producer: 'retort',
      command: run.command,
      seed: run.seed,
      teacher: null,
      data: run.data,
      settings: run.settings,
    },
  };
}
