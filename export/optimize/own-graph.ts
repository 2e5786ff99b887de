/** The graph of a network of this product, fused, with every parameter still found under its name. */
import { storedTensor } from '../../core/graph/stored-parameters.js';
import type { Graph, Model } from '../../core/graph/ir.js';
import { defaultIrVersion, defaultOpset } from '../../core/graph/onnx.js';
import type { Tensor } from '../../core/tensor.js';
import type { FileVersions } from '../opset/versions.js';
import { defaultOptions, optimizeModel } from './optimize.js';
import type { Rewrite } from './rule.js';

export interface OwnGraphOptions {
  /** Of what is written; null for those of the op vocabulary, or newer ones that the form for latency needs. */
  readonly versions: FileVersions | null;
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Rules to leave out. */
  readonly disabled: readonly string[];
  /** As OptimizeOptions.latency. */
  readonly latency: boolean;
}

/**
 * A parameter that was folded into another tensor stays beside it, read by no node, so that a bundle can be exported
 * anew and compared with its eager forward.
 */
export async function optimizedOwn(
  graph: Graph,
  { versions, parameters, disabled, latency }: OwnGraphOptions,
): Promise<{ readonly model: Model; readonly rewrites: readonly Rewrite[] }> {
  const model = {
    graph,
    irVersion: versions?.irVersion ?? defaultIrVersion,
    opsets: new Map([['', defaultOpset]]),
    producer: 'retort',
    metadata: new Map<string, string>(),
    functions: [],
  };
  const options = {
    ...defaultOptions,
    disabled,
    latency,
    ...(versions === null ? {} : { opset: versions.opset }),
    parameters: [...parameters.keys()],
  };
  const { model: after, rewrites } = await optimizeModel(model, options);
  return { model: { ...after, graph: keptParameters(after.graph, parameters) }, rewrites };
}

/** A graph with those parameters beside it that are not found in it. */
export function keptParameters(graph: Graph, parameters: ReadonlyMap<string, Tensor>): Graph {
  const initializers = new Map(graph.initializers);
  for (const [name, tensor] of parameters)
    if (storedTensor(initializers, name) === undefined) initializers.set(name, tensor);
  return { ...graph, initializers };
}
