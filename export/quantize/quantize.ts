/** From a model to one of lower precision, by a scheme. */
import { openSession } from '../../core/engines/session.js';
import { fail } from '../../core/errors.js';
import { checkedGraph } from '../../core/graph/order.js';
import type { Model } from '../../core/graph/ir.js';
import type { Tensor } from '../../core/tensor.js';
import { weightFormName } from '../../core/weight-form.js';
import { applyRules } from '../optimize/apply-rules.js';
import { convertModel, opsetOf } from '../opset/convert.js';
import { withContribDomain } from '../optimize/contrib-domain.js';
import { GraphEditor } from '../optimize/editor.js';
import { foldConstants } from '../optimize/passes/fold-constants.js';
import { type PassOutcome, type Setting, Steps } from '../optimize/rule.js';
import { raisedForKernels } from '../optimize/kernel-opset.js';
import { cleaningRules, kernelRules } from '../optimize/rules.js';
import { takeOne } from '../optimize/rules/take-one.js';
import type { Ranges } from './activation.js';
import { measureRanges } from './calibrate.js';
import type { Change } from './compare.js';
import { logitTolerance, type Scheme, type Settings, unlessExcluded } from './scheme.js';

export interface QuantizeOptions extends Omit<Settings, 'ranges'> {
  readonly scheme: Scheme;
  /** Inputs of the model on which activations are measured, for a scheme that is calibrated. */
  readonly calibration: readonly Readonly<Record<string, Tensor>>[];
  /** Of what is written; the model's own by default, or a newer one that integers or quicker kernels need. */
  readonly opset?: number;
}

export interface Quantized extends PassOutcome {
  readonly model: Model;
}

/** Keys of metadata_props under which a file says how it was made. */
export const metadataKeys = { scheme: 'retort.scheme', weights: 'retort.weights' } as const;

/** The first opset that quantises activations to 8 bits. */
const opsetOfIntegers = 11;

/** @throws RetortError quantize_nothing where no rule of the scheme finds anything; quantize_exclusion_unknown; calibration_missing; opset_unconvertible where integers need a newer opset */
export async function quantizeModel(given: Model, options: QuantizeOptions): Promise<Quantized> {
  const { scheme, weights } = options;
  const isOlder = scheme.computesIn === 'integers' && opsetOf(given) < opsetOfIntegers;
  const model = isOlder ? convertModel(given, opsetOfIntegers, { contrib: true }) : given;
  const prepared = await rewritten(model, scheme.preparations, options);
  expectKnown(options.excluded, [model, prepared.model]);
  const ranges = scheme.needsRanges ? await rangesOf(prepared.model, options) : null;
  const done = await rewritten(prepared.model, scheme.rules({ ...options, ranges }), options);
  if (done.rewrites.length === 0) throw fail('quantize_nothing', { scheme: scheme.name });
  const metadata = new Map([...model.metadata, [metadataKeys.scheme, scheme.name]]);
  if (scheme.precision === 'int8' && scheme.computesIn === 'integers')
    metadata.set(metadataKeys.weights, weightFormName(weights));
  const { model: quickest, ...quick } = await withKernels({ ...done.model, metadata }, options);
  return {
    model: quickest,
    rewrites: [...prepared.rewrites, ...done.rewrites, ...quick.rewrites],
    refusals: [...done.refusals, ...quick.refusals],
  };
}

/** What computes in integers is for CPUs. */
async function withKernels(
  model: Model,
  { scheme, opset, ...settings }: QuantizeOptions,
): Promise<Quantized> {
  if (scheme.computesIn !== 'integers') return { model, rewrites: [], refusals: [] };
  const guarded = kernelRules.map((rule) => unlessExcluded(rule, settings));
  const raised = opset === undefined ? raisedForKernels(model, guarded) : model;
  return rewritten(raised, guarded, settings);
}

/** @throws RetortError quantize_exclusion_unknown for what is neither a node nor an operator of either */
function expectKnown(excluded: readonly string[], models: readonly Model[]): void {
  const nodes = models.flatMap(({ graph }) => graph.nodes);
  const unknown = excluded.find((name) => !nodes.some((node) => node.name === name || node.opType === name));
  if (unknown !== undefined) throw fail('quantize_exclusion_unknown', { name: unknown });
}

/** @throws RetortError quantize_mismatch where batch-mates change an answer though the scheme says they do not */
export function expectSameInBatch(
  scheme: Scheme,
  { batchDifference }: Pick<Change, 'batchDifference'>,
): void {
  if (!scheme.dependsOnBatch && !(batchDifference <= logitTolerance(scheme)))
    throw fail('quantize_mismatch', { difference: batchDifference.toExponential(1), scheme: scheme.name });
}

async function rangesOf(model: Model, { calibration, scheme }: QuantizeOptions): Promise<Ranges> {
  if (calibration.length === 0) throw fail('calibration_missing', { scheme: scheme.name });
  return measureRanges(model, calibration, async (bytes) => openSession(bytes));
}

async function rewritten(
  model: Model,
  rules: Scheme['preparations'],
  settings: Pick<Settings, 'excluded'>,
): Promise<Quantized> {
  const opset = model.opsets.get('') ?? 0;
  const setting: Setting = { target: 'cpu', opset, contrib: true };
  const steps = new Steps();
  // That rows whose sizes have no names are of one batch and one length is compared where a graph is optimised.
  const editor = new GraphEditor(checkedGraph(model.graph), 'apart');
  await foldConstants(model.opsets, model.irVersion, steps).run(editor);
  // `first-token` splits what `take-one` joins; and a node that is excluded must keep its name.
  const cleaning = settings.excluded.length === 0 ? cleaningRules.filter((rule) => rule !== takeOne) : [];
  const guarded = rules.map((rule) => unlessExcluded(rule, settings));
  const { rewrites, refusals } = applyRules(editor, [...guarded, ...cleaning], setting, steps);
  const own = new Set(rules.map(({ name }) => name));
  return {
    model: withContribDomain({ ...model, graph: editor.build() }),
    rewrites: rewrites.filter(({ rule }) => own.has(rule)),
    refusals: refusals.filter(({ rule }) => own.has(rule)),
  };
}
