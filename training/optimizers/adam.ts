/** Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019: decay beside the gradient, not in it). */
import { openAdamKernel } from './adam-kernel.js';
import type { UpdateRule } from './optimizer.js';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** AdamW's; 0 is Adam. */
  readonly weightDecay?: number;
}

/**
 * m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
 * p -= rate (m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + decay p)
 */
export function adam({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
}: AdamOptions = {}): UpdateRule {
  const kernel = openAdamKernel();
  return {
    name: weightDecay === 0 ? 'adam' : 'adamw',
    slots: ['m', 'v'],
    prepare({ learningRate, gradientScale, step, decays }) {
      const factors = {
        gradientScale,
        beta1,
        beta2,
        size: learningRate / (1 - beta1 ** step),
        correction2: 1 / (1 - beta2 ** step),
        epsilon,
        kept: decays ? 1 - learningRate * weightDecay : 1,
      };
      return (run) => {
        kernel(run, factors);
      };
    },
  };
}
