/** A network's static graph in one form: fused, and quantised where a scheme is named. */
import type { Manifest } from '../core/bundle/manifest.js';
import type { Graph, Model } from '../core/graph/ir.js';
import type { Tensor } from '../core/tensor.js';
import type { WeightForm } from '../core/weight-form.js';
import { type Case, feedsOf } from './measure.js';
import { keptParameters, optimizedOwn, type OwnGraphOptions } from './optimize/own-graph.js';
import type { Rewrite } from './optimize/rule.js';
import { quantizeModel } from './quantize/quantize.js';
import type { Scheme } from './quantize/scheme.js';

export interface FormSource extends Omit<OwnGraphOptions, 'disabled'> {
  /** The network's forward, as it was interpreted. */
  readonly interpreted: Graph;
  readonly weights: WeightForm;
  /** On which activations are measured, for a scheme that is calibrated. */
  readonly calibration: readonly Case[];
}

export interface Form {
  /** In fp32, of which the other is made. */
  readonly fused: Model;
  readonly model: Model;
  readonly rewrites: readonly Rewrite[];
}

/** One of `exportPrecisions`; older manifests name no scheme where weights are stored and not computed with. */
export function formOfVariant({
  precision,
  scheme,
}: Pick<Manifest['variants'][number], 'precision' | 'scheme'>): string {
  return precision === 'fp32' ? 'fp32' : (scheme ?? `${precision}-stored`);
}

/** Tables within the operator cannot be stored in fewer bits. */
const offWhenQuantized: readonly string[] = ['embed-layer-normalization'];

/** @param scheme null for fp32 @throws RetortError of quantizeModel */
export async function makeForm(scheme: Scheme | null, source: FormSource): Promise<Form> {
  const { interpreted, parameters, versions, weights } = source;
  const disabled = scheme === null ? [] : offWhenQuantized;
  const { model: fused, rewrites } = await optimizedOwn(interpreted, { ...source, disabled });
  if (scheme === null) return { fused, model: fused, rewrites };
  const calibration = source.calibration.map(({ ids }) => feedsOf(ids));
  const quantized = await quantizeModel(fused, {
    scheme,
    weights,
    excluded: [],
    calibration,
    ...(versions === null ? {} : { opset: versions.opset }),
  });
  return {
    fused,
    model: withParameters(quantized.model, scheme, parameters),
    rewrites: [...rewrites, ...quantized.rewrites],
  };
}

/** Beside the graph what was folded away, so that it can be exported anew; not of weights in 4 bits, which cannot. */
export function withParameters(
  model: Model,
  { precision }: Scheme,
  parameters: ReadonlyMap<string, Tensor>,
): Model {
  return precision === 'int4' ? model : { ...model, graph: keptParameters(model.graph, parameters) };
}
