/** An optimiser: a rule over runs of elements, and the driver that applies it to dense and row-sparse gradients. */
import type { Gradient } from '../gradients.js';

export interface UpdateContext {
  readonly learningRate: number;
  /** What gradients are multiplied by before they are used. */
  readonly gradientScale: number;
  /** 1 at the first step. */
  readonly step: number;
  /** Whether weight decay applies. */
  readonly decays: boolean;
}

/** A run of elements: `count` of them, from `at` in the parameter and its slots and from `gradientAt` in the gradient. */
export interface Run {
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly slots: readonly Float32Array[];
  readonly at: number;
  readonly gradientAt: number;
  readonly count: number;
}

/** What one optimiser is; adding one is a file and a line in optimizers.ts. */
export interface UpdateRule {
  readonly name: string;
  /** Arrays of the parameter's size that the rule keeps between steps, zero at first. */
  readonly slots: readonly string[];
  /** Made once a step: may compute what all elements share. */
  prepare(context: UpdateContext): (run: Run) => void;
}

/** Biases and the scales of normalisations do not decay, as in BERT's own training. */
const exempt = /\.(bias|scale)$/;

/**
 * Applies a rule. Rows of a row-sparse gradient are the only ones that a step touches, slots included (as in
 * TensorFlow's LazyAdam): a row that a step does not use keeps its moments.
 */
export class Optimizer {
  readonly #rule: UpdateRule;
  readonly #slots = new Map<string, Float32Array[]>();
  #step = 0;

  constructor(rule: UpdateRule) {
    this.#rule = rule;
  }

  /** Updates the parameters in place. */
  step(
    parameters: ReadonlyMap<string, Float32Array>,
    gradients: ReadonlyMap<string, Gradient>,
    learningRate: number,
    gradientScale = 1,
  ): void {
    this.#step += 1;
    const prepare = (decays: boolean) =>
      this.#rule.prepare({ learningRate, gradientScale, step: this.#step, decays });
    const [decaying, lasting] = [prepare(true), prepare(false)];
    for (const [name, gradient] of gradients) {
      const update = exempt.test(name) ? lasting : decaying;
      const parameter = parameters.get(name);
      if (parameter === undefined) throw new RangeError(`there is no parameter ${name}`);
      const slots = this.#slotsOf(name, parameter.length);
      if (gradient.kind === 'dense') {
        update({
          parameter,
          gradient: gradient.values,
          slots,
          at: 0,
          gradientAt: 0,
          count: parameter.length,
        });
      } else {
        const { rows, width, values } = gradient;
        rows.forEach((row, index) => {
          update({
            parameter,
            gradient: values,
            slots,
            at: row * width,
            gradientAt: index * width,
            count: width,
          });
        });
      }
    }
  }

  /** The step count and the slots by `parameter/slot`, for a checkpoint. The arrays are the optimiser's own. */
  state(): { readonly step: number; readonly slots: ReadonlyMap<string, Float32Array> } {
    const slots = new Map<string, Float32Array>();
    for (const [parameter, arrays] of this.#slots) {
      arrays.forEach((array, index) => slots.set(`${parameter}/${this.#rule.slots[index] ?? ''}`, array));
    }
    return { step: this.#step, slots };
  }

  /** Continues from a state; takes the arrays over. */
  restore(step: number, slots: ReadonlyMap<string, Float32Array>): void {
    this.#step = step;
    this.#slots.clear();
    const [first] = this.#rule.slots;
    if (first === undefined) return;
    for (const key of slots.keys()) {
      if (!key.endsWith(`/${first}`)) continue;
      const parameter = key.slice(0, -first.length - 1);
      this.#slots.set(
        parameter,
        this.#rule.slots.map((slot) => {
          const array = slots.get(`${parameter}/${slot}`);
          if (array === undefined) throw new RangeError(`the state lacks ${parameter}/${slot}`);
          return array;
        }),
      );
    }
  }

  #slotsOf(name: string, length: number): readonly Float32Array[] {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const made = this.#rule.slots.map(() => new Float32Array(length));
    this.#slots.set(name, made);
    return made;
  }
}
