/** An exponential moving average of parameters: often better than the last ones of a noisy descent. */
import { ParameterStore } from './parameters.js';
import type { ParameterSpec } from '../models/network.js';
import { tensor } from '../core/tensor.js';

/**
 * a = a + (1 - decay_t) (p - a), decay_t = min(decay, (1 + t) / (10 + t)): the first steps weigh less, as in
 * TensorFlow's ExponentialMovingAverage.
 */
export class ParameterAverage {
  readonly parameters: ParameterStore;
  readonly #decay: number;

  /** @param earlier the average so far, taken over; else it starts from the parameters, copied */
  constructor(
    specs: readonly ParameterSpec[],
    from: ParameterStore,
    decay: number,
    earlier?: ReadonlyMap<string, Float32Array>,
  ) {
    this.#decay = decay;
    this.parameters = ParameterStore.from(
      specs,
      new Map(
        specs.map(({ name, shape }) => {
          const data = earlier?.get(name) ?? from.arrays.get(name)?.slice() ?? new Float32Array();
          return [name, tensor('float32', data, shape)];
        }),
      ),
    );
  }

  /** @param step counted from 1 */
  update(from: ParameterStore, step: number): void {
    const share = 1 - Math.min(this.#decay, (1 + step) / (10 + step));
    for (const [name, average] of this.parameters.arrays) {
      const now = from.arrays.get(name) ?? average;
      for (let i = 0; i < average.length; i += 1) {
        const value = average[i] ?? 0;
        average[i] = value + share * ((now[i] ?? 0) - value);
      }
    }
  }
}
