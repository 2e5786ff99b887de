/** The parameters that a bundle's file holds, under the names that its network gives them. */
import { readFile } from 'node:fs/promises';
import type { Manifest } from '../core/bundle/manifest.js';
import type { Bundle } from '../core/bundle/read.js';
import { storedTensor } from '../core/graph/stored-parameters.js';
import { decodeModel } from '../core/graph/onnx.js';
import type { Tensor } from '../core/tensor.js';
import type { ParameterSpec } from './network.js';

/** The variant with the exact weights: the fp32 one, and where there is none the one that is served. */
export function exactVariant({ variants }: Manifest): Manifest['variants'][number] {
  const [variant] = [...variants.filter(({ precision }) => precision === 'fp32'), ...variants];
  if (variant === undefined) throw new RangeError('a manifest has a variant');
  return variant;
}

/** As the exact variant's file holds them, those stored as int8 widened; without those that an export folded away. */
export async function parametersOfBundle(
  bundle: Bundle,
  parameters: readonly ParameterSpec[],
): Promise<Map<string, Tensor>> {
  const { graph } = decodeModel(await readFile(bundle.path(exactVariant(bundle.manifest).file)));
  return new Map(
    parameters.flatMap(({ name }) => {
      const tensor = storedTensor(graph.initializers, name);
      return tensor === undefined ? [] : [[name, tensor] as const];
    }),
  );
}
