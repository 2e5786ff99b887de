/** What the comparison reads from a bundle: its network, its parameters and its texts as ids. */
import { readFile } from 'node:fs/promises';
import { FOREIGN_NETWORK, type Manifest } from '../../core/bundle/manifest.js';
import type { Bundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import { storedTensor } from '../../core/graph/int8-storage.js';
import { decodeModel } from '../../core/graph/onnx.js';
import type { Tensor } from '../../core/tensor.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { networkOf, type BoundNetwork } from '../../models/networks.js';

/** @throws RetortError comparison_network_foreign */
export function networkOfBundle({ manifest }: Bundle): BoundNetwork {
  if (manifest.network.kind === FOREIGN_NETWORK)
    throw fail('comparison_network_foreign', { bundle: `${manifest.name}/${manifest.version}` });
  return networkOf(manifest.network.kind, manifest.network.config);
}

/** The names of the inputs, and how many logits a row has. */
export function networkShape(bundle: Bundle): { inputs: string[]; classes: number } {
  const { inputs, labels } = bundle.manifest;
  return { inputs: inputs.map(({ name }) => name), classes: labels.length };
}

/** The ids of `texts`; without any, those of the texts that the bundle carries. */
export async function idsOf(bundle: Bundle, texts: readonly string[] | null): Promise<(readonly number[])[]> {
  if (texts === null) return bundle.golden.cases.map(({ ids }) => ids);
  const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
  return texts.map((text) => tokenizer.encode(text));
}

/** The variant that is compared: the fp32 one, and where there is none the one that is served. */
export function comparedVariant({ manifest }: Bundle): Manifest['variants'][number] {
  const { variants } = manifest;
  const [variant] = [...variants.filter(({ precision }) => precision === 'fp32'), ...variants];
  if (variant === undefined) throw new RangeError('a manifest has a variant');
  return variant;
}

/**
 * The network's parameters by name, as the compared variant's file holds them; those stored as int8 widened.
 * @throws RetortError comparison_parameter_missing where an export folded one away
 */
export async function parametersOf(bundle: Bundle): Promise<Record<string, Tensor>> {
  const path = bundle.path(comparedVariant(bundle).file);
  const { graph } = decodeModel(await readFile(path));
  return Object.fromEntries(
    networkOfBundle(bundle).parameters.map(({ name }) => {
      const tensor = storedTensor(graph.initializers, name);
      if (tensor === undefined) throw fail('comparison_parameter_missing', { name, path });
      return [name, tensor];
    }),
  );
}
