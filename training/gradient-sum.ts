/** Gradient accumulation: the gradient of a batch from those of its parts. */
import { type Gradient, mergeRows } from './gradients.js';

/** Adds weighted gradients up; one of weight 1 is passed on as it is. */
export class GradientSum {
  readonly #dense = new Map<string, Float32Array>();
  readonly #rows = new Map<string, { rows: Int32Array; width: number; values: Float32Array }[]>();

  /**
   * @param gradients read now and not later, unless their weight is 1
   * @param weight the part's share of the batch's rows
   */
  add(gradients: ReadonlyMap<string, Gradient>, weight: number): void {
    for (const [name, gradient] of gradients) {
      const { values } = gradient;
      if (gradient.kind === 'rows') {
        const part = { ...gradient, values: scaled(values, weight) };
        this.#rows.set(name, [...(this.#rows.get(name) ?? []), part]);
        continue;
      }
      const sum = this.#dense.get(name);
      if (sum === undefined) this.#dense.set(name, scaled(values, weight));
      else for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + weight * (values[i] ?? 0);
    }
  }

  total(): Map<string, Gradient> {
    const found = new Map<string, Gradient>();
    for (const [name, values] of this.#dense) found.set(name, { kind: 'dense', values });
    for (const [name, parts] of this.#rows) {
      const [first] = parts;
      if (first === undefined) continue;
      found.set(name, parts.length === 1 ? { kind: 'rows', ...first } : merged(parts, first.width));
    }
    return found;
  }
}

function merged(parts: readonly { rows: Int32Array; values: Float32Array }[], width: number): Gradient {
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return mergeRows(Int32Array.from(parts.flatMap(({ rows }) => [...rows])), values, width);
}

function scaled(values: Float32Array, factor: number): Float32Array {
  return factor === 1 ? values : values.map((value) => value * factor);
}
