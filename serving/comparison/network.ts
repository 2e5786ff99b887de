/** What the comparison reads from a bundle: its network, its parameters and its texts as ids. */
import { readFile } from 'node:fs/promises';
import type { Bundle } from '../../core/bundle/read.js';
import { fail } from '../../core/errors.js';
import { decodeModel } from '../../core/graph/onnx.js';
import type { Tensor } from '../../core/tensor.js';
import { loadTokenizer } from '../../core/text/tokenizers.js';
import { networkOf, type BoundNetwork } from '../../models/networks.js';

export function networkOfBundle({ manifest }: Bundle): BoundNetwork {
  return networkOf(manifest.network.kind, manifest.network.config);
}

/** The names of the inputs, and how many logits a row has. */
export function networkShape(bundle: Bundle): { inputs: string[]; classes: number } {
  const { inputs } = networkOfBundle(bundle);
  return { inputs: inputs.map(({ name }) => name), classes: bundle.manifest.labels.length };
}

/** The ids of `texts`; without any, those of the texts that the bundle carries. */
export async function idsOf(bundle: Bundle, texts: readonly string[] | null): Promise<(readonly number[])[]> {
  if (texts === null) return bundle.golden.cases.map(({ ids }) => ids);
  const tokenizer = await loadTokenizer(bundle.manifest.tokenizer, bundle.folder);
  return texts.map((text) => tokenizer.encode(text));
}

/**
 * The ONNX file of the fp32 network: the one variant that computes the same function as every other engine.
 * @throws RetortError comparison_fp32_missing
 */
export function fp32File(bundle: Bundle): string {
  const { manifest } = bundle;
  const variant = manifest.variants.find(({ precision }) => precision === 'fp32');
  if (variant === undefined)
    throw fail('comparison_fp32_missing', { bundle: `${manifest.name}/${manifest.version}` });
  return bundle.path(variant.file);
}

/**
 * The network's parameters by name, as the ONNX file holds them.
 * @throws RetortError comparison_parameter_missing where an export folded one away
 */
export async function parametersOf(bundle: Bundle): Promise<Record<string, Tensor>> {
  const { graph } = decodeModel(await readFile(fp32File(bundle)));
  return Object.fromEntries(
    networkOfBundle(bundle).parameters.map(({ name }) => {
      const tensor = graph.initializers.get(name);
      if (tensor === undefined) throw fail('comparison_parameter_missing', { name, path: fp32File(bundle) });
      return [name, tensor];
    }),
  );
}
