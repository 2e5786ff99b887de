/** Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019: decay beside the gradient, not in it). */
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
  return {
    name: weightDecay === 0 ? 'adam' : 'adamw',
    slots: ['m', 'v'],
    prepare({ learningRate, gradientScale, step, decays }) {
      const size = learningRate / (1 - beta1 ** step);
      const correction2 = 1 / (1 - beta2 ** step);
      const kept = decays ? 1 - learningRate * weightDecay : 1;
      return ({ parameter, gradient, slots: [m, v], at, gradientAt, count }) => {
        if (m === undefined || v === undefined) return;
        for (let i = 0; i < count; i += 1) {
          const p = at + i;
          const g = (gradient[gradientAt + i] ?? 0) * gradientScale;
          const m1 = beta1 * (m[p] ?? 0) + (1 - beta1) * g;
          const v1 = beta2 * (v[p] ?? 0) + (1 - beta2) * g * g;
          m[p] = m1;
          v[p] = v1;
          parameter[p] = (parameter[p] ?? 0) * kept - (size * m1) / (Math.sqrt(v1 * correction2) + epsilon);
        }
      };
    },
  };
}
