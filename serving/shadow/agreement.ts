/** How two models agree over the latest samples, and whether that is less than it was. */
import { leastProbability } from '../../core/probabilities.js';
import { wilsonInterval } from '../../core/statistics.js';

export interface Sample {
  /** Places of the labels. */
  readonly student: number;
  readonly teacher: number;
  /** KL(teacher || student), in nats. */
  readonly divergence: number;
}

export interface AgreementReport {
  readonly samples: number;
  /** Share of the samples with the same label, with its 99 % interval. */
  readonly agreement: number;
  readonly interval: readonly [low: number, high: number];
  readonly divergence: number;
  /** The interval lies below the baseline. */
  readonly drifts: boolean;
}

/** Fewer say nothing about drift. */
const fewest = 50;

export class Agreement {
  readonly #window: number;
  readonly #baseline: number | null;
  readonly #samples: Sample[] = [];

  /** @param baseline agreement at distillation; null raises no alarm */
  constructor(window: number, baseline: number | null) {
    this.#window = window;
    this.#baseline = baseline;
  }

  add(sample: Sample): AgreementReport {
    this.#samples.push(sample);
    if (this.#samples.length > this.#window) this.#samples.shift();
    const samples = this.#samples.length;
    const agreed = this.#samples.filter(({ student, teacher }) => student === teacher).length;
    const interval = wilsonInterval(agreed, samples, 0.99);
    return {
      samples,
      agreement: agreed / samples,
      interval,
      divergence: this.#samples.reduce((sum, { divergence }) => sum + divergence, 0) / samples,
      drifts: this.#baseline !== null && samples >= fewest && interval[1] < this.#baseline,
    };
  }
}

/** KL(p || q) in nats; a probability of 0 in p adds nothing. */
export function klDivergence(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, value, k) => {
    if (value < leastProbability) return sum;
    return sum + value * (Math.log(value) - Math.log(Math.max(q[k] ?? 0, leastProbability)));
  }, 0);
}
