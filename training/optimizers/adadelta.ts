/** Adadelta (Zeiler, 2012, algorithm 1), with the learning rate as a factor of the step. */
import type { UpdateRule } from './optimizer.js';

export interface AdadeltaOptions {
  readonly rho?: number;
  readonly epsilon?: number;
}

/**
 * a = rho a + (1 - rho) g^2      d = g sqrt(u + epsilon) / sqrt(a + epsilon)
 * u = rho u + (1 - rho) d^2      p -= rate d
 */
export function adadelta({ rho = 0.95, epsilon = 1e-6 }: AdadeltaOptions = {}): UpdateRule {
  return {
    name: 'adadelta',
    slots: ['squared_gradient', 'squared_update'],
    prepare({ learningRate, gradientScale }) {
      return ({ parameter, gradient, slots: [a, u], at, gradientAt, count }) => {
        if (a === undefined || u === undefined) return;
        for (let i = 0; i < count; i += 1) {
          const p = at + i;
          const g = (gradient[gradientAt + i] ?? 0) * gradientScale;
          const a1 = rho * (a[p] ?? 0) + (1 - rho) * g * g;
          const d = g * Math.sqrt(((u[p] ?? 0) + epsilon) / (a1 + epsilon));
          a[p] = a1;
          u[p] = rho * (u[p] ?? 0) + (1 - rho) * d * d;
          parameter[p] = (parameter[p] ?? 0) - learningRate * d;
        }
      };
    },
  };
}
