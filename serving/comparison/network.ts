/** What the comparison reads from a bundle: its network, its parameters and its texts as ids. */
import { FOREIGN_NETWORK } from '../../core/bundle/manifest.js';
import type { Bundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { exactVariant, parametersOfBundle } from '../../models/bundle-parameters.js';
import { networkOf, type BoundNetwork } from '../../models/networks.js';

/** @throws RetortError comparison_network_foreign */
export function networkOfBundle({ manifest }: Bundle): BoundNetwork {
  if (manifest.network.kind === FOREIGN_NETWORK)
    throw fail('comparison_network_foreign', { bundle: `${manifest.name}/${manifest.version}` });
  return networkOf(manifest.network.kind, manifest.network.config);
}

/**
 * That the network reads rows of so many tokens. One that is known by its graph alone does not say.
 * @throws RetortError comparison_length_beyond
 */
export function requireLengths(bundle: Bundle, lengths: readonly number[]): void {
  const { name, version, network } = bundle.manifest;
  if (network.kind === FOREIGN_NETWORK) return;
  const { mostTokens: most } = networkOfBundle(bundle);
  const length = Math.max(...lengths);
  if (length > most) throw fail('comparison_length_beyond', { bundle: `${name}/${version}`, most, length });
}

/** The names of the inputs, and how many logits a row has. */
export function networkShape(bundle: Bundle): { inputs: string[]; classes: number } {
  const { inputs, labels } = bundle.manifest;
  return { inputs: inputs.map(({ name }) => name), classes: labels.length };
}

export interface Text {
  readonly text: string;
  readonly ids: readonly number[];
}

/** `texts` with their ids; without any, those that the bundle carries. */
export async function textsOf(bundle: Bundle, texts: readonly string[] | null): Promise<readonly Text[]> {
  if (texts === null) return bundle.golden.cases;
  const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
  return texts.map((text) => ({ text, ids: tokenizer.encode(text) }));
}

/**
 * The network's parameters by name, as the compared variant's file holds them; those stored as int8 widened.
 * @throws RetortError comparison_parameter_missing where an export folded one away
 */
export async function parametersOf(bundle: Bundle): Promise<Record<string, Tensor>> {
  const { parameters } = networkOfBundle(bundle);
  const found = await parametersOfBundle(bundle, parameters);
  const missing = parameters.find(({ name }) => !found.has(name));
  if (missing !== undefined) {
    const path = bundle.path(exactVariant(bundle.manifest).file);
    throw fail('comparison_parameter_missing', { name: missing.name, path });
  }
  return Object.fromEntries(found);
}
