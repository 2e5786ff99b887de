/** Dropout masks: multipliers 0 or 1 / (1 - rate), so that a value's expectation stays (inverted dropout). */
import { sizeOf, tensor, type Tensor } from '../core/tensor.js';
import type { DropoutSite } from '../models/network.js';
import type { Random } from './random.js';

export function dropoutMasks(
  sites: readonly DropoutSite[],
  rate: number,
  batch: number,
  random: Random,
): Record<string, Tensor> {
  const kept = 1 / (1 - rate);
  return Object.fromEntries(
    sites.map(({ name, shape }) => {
      // The only symbol that a site's shape may hold is batch_size.
      const sizes = shape.map((dimension) => (typeof dimension === 'number' ? dimension : batch));
      const mask = new Float32Array(sizeOf(sizes));
      for (let i = 0; i < mask.length; i += 1) mask[i] = rate > 0 && random.uniform() < rate ? 0 : kept;
      return [name, tensor('float32', mask, sizes)];
    }),
  );
}
