/** A model that names the version of com.microsoft where its graph has operators of that domain. */
import type { Model } from '../../core/graph/ir.js';

const contribDomain = 'com.microsoft';

export function withContribDomain(model: Model): Model {
  const isUsed = model.graph.nodes.some(({ domain }) => domain === contribDomain);
  return isUsed && !model.opsets.has(contribDomain)
    ? { ...model, opsets: new Map(model.opsets).set(contribDomain, 1) }
    : model;
}
