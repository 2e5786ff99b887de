/** One form of a network's static graph, held to the eager forward. */
import { encodeModel } from '../core/graph/onnx.js';
import type { Graph, Model } from '../core/graph/ir.js';
import { storedTensor } from '../core/graph/stored-parameters.js';
import { fail } from '../core/errors.js';
import { argmax } from '../core/probabilities.js';
import type { Tensor } from '../core/tensor.js';
import { type FormSource, makeForm } from './form.js';
import { type Case, largestDifference, sessionLogits } from './measure.js';
import type { Rewrite } from './optimize/rule.js';
import { compareLogits } from './quantize/compare.js';
import { expectSameInBatch } from './quantize/quantize.js';
import { machineTolerance } from './quantize/scheme.js';
import { schemeNames, schemeOf } from './quantize/schemes.js';

/** In fp32, or by a scheme of quantisation. */
export const exportPrecisions: readonly string[] = ['fp32', ...schemeNames];

export interface Variant {
  readonly report: VariantReport;
  readonly model: Model;
  readonly bytes: Uint8Array;
  /** The same in fp32, of which it was made: the same bytes where it is fp32. */
  readonly plain: Uint8Array;
  readonly rewrites: readonly Rewrite[];
  /** Of each case, with optimisation disabled. */
  readonly logits: readonly number[][];
  /** What other kernels may change of a logit. */
  readonly tolerance: number;
}

export interface VariantReport {
  /** One of `exportPrecisions`. */
  readonly form: string;
  readonly precision: 'fp32' | 'fp16' | 'int8' | 'int4';
  readonly file: string;
  readonly bytes: number;
  readonly nodes: number;
  /** Largest |difference| of a logit between the written graph and the eager forward in fp32. */
  readonly difference: number;
  /** Texts whose label differs from the eager forward's. */
  readonly flips: number;
}

export interface VariantSource extends FormSource {
  readonly cases: readonly Case[];
  /** Logits of the eager forward, with the parameters and with others. */
  readonly expected: readonly number[][];
  readonly eager: (parameters: ReadonlyMap<string, Tensor>) => Promise<number[][]>;
}

/** Between a written fp32 graph at any optimisation level and the eager forward, relative to the largest logit. */
const tolerance = 1e-5;

/**
 * What computes in fp32 gives what the eager forward gives with the parameters as they are stored. What computes in
 * integers is made of a graph of which that is true, and what it changes is told.
 * @throws RetortError export_mismatch; of quantizeModel; quantize_mismatch
 */
export async function makeVariant(form: string, source: VariantSource): Promise<Variant> {
  const { parameters, cases, eager, expected } = source;
  const scheme = form === 'fp32' ? null : schemeOf(form);
  const { fused, model, rewrites } = await makeForm(scheme, source);
  const plain = encodeModel(fused);
  if (scheme === null) {
    const logits = await fp32Logits(plain, cases, expected);
    const report = reportOf(form, 'fp32', model, plain, logits, expected);
    return {
      report,
      model,
      bytes: plain,
      plain,
      rewrites,
      logits,
      tolerance: machineTolerance({ computesIn: 'fp32' }),
    };
  }
  const bytes = encodeModel(model);
  let logits: readonly number[][];
  if (scheme.computesIn === 'fp32') {
    const same = await eager(storedParameters(model.graph, parameters));
    logits = await fp32Logits(bytes, cases, same);
  } else {
    await fp32Logits(plain, cases, expected);
    const compared = await compareLogits(plain, bytes, cases);
    expectSameInBatch(scheme, compared.change);
    logits = compared.logits;
  }
  const report = reportOf(form, scheme.precision, model, bytes, logits, expected);
  return { report, model, bytes, plain, rewrites, logits, tolerance: machineTolerance(scheme) };
}

function reportOf(
  form: string,
  precision: VariantReport['precision'],
  model: Model,
  bytes: Uint8Array,
  logits: readonly number[][],
  expected: readonly number[][],
): VariantReport {
  const difference = largestDifference(logits, expected);
  if (!Number.isFinite(difference)) throw mismatch(difference, Infinity, form);
  const file = form === 'fp32' ? 'model.onnx' : `model.${form}.onnx`;
  const flips = logits.filter((row, index) => argmax(row) !== argmax(expected[index] ?? [])).length;
  const nodes = model.graph.nodes.length;
  return { form, precision, file, bytes: bytes.length, nodes, difference, flips };
}

/** @throws RetortError export_mismatch where they are not `expected`, at any optimisation level */
async function fp32Logits(
  bytes: Uint8Array,
  cases: readonly Case[],
  expected: readonly number[][],
): Promise<number[][]> {
  const logits = await sessionLogits(bytes, 'disabled', cases);
  const optimized = await sessionLogits(bytes, 'all', cases);
  const allowed = tolerance * Math.max(1, ...expected.flat().map(Math.abs));
  expectNear(optimized, logits, allowed, 'between optimisation levels');
  expectNear(logits, expected, allowed, 'optimisation disabled');
  return logits;
}

function expectNear(
  found: readonly number[][],
  expected: readonly number[][],
  allowed: number,
  level: string,
): void {
  const difference = largestDifference(found, expected);
  if (!(difference <= allowed)) throw mismatch(difference, allowed, level);
}

function mismatch(difference: number, allowed: number, level: string) {
  return fail('export_mismatch', {
    difference: difference.toExponential(2),
    tolerance: allowed.toExponential(0),
    level,
  });
}

/** The parameters that a graph computes with: as they are, or widened from what is stored. */
function storedParameters(
  { initializers }: Graph,
  parameters: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> {
  return new Map(
    Array.from(parameters, ([name, value]) => [name, storedTensor(initializers, name) ?? value]),
  );
}
