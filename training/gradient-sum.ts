/** Gradient accumulation: the gradient of a batch from those of its parts. */
import { type Gradient, mergeRows } from './gradients.js';

/** Adds weighted gradients up; a single one is passed on as it is. */
export class GradientSum {
  readonly #dense = new Map<string, Float32Array>();
  readonly #rows = new Map<string, { rows: Int32Array; width: number; values: Float32Array }[]>();

  /** @param weight the part's share of the batch's rows; scales the gradients in place */
  add(gradients: ReadonlyMap<string, Gradient>, weight: number): void {
    for (const [name, gradient] of gradients) {
      if (weight !== 1) scale(gradient.values, weight);
      if (gradient.kind === 'rows') {
        this.#rows.set(name, [...(this.#rows.get(name) ?? []), gradient]);
        continue;
      }
      const sum = this.#dense.get(name);
      if (sum === undefined) this.#dense.set(name, gradient.values);
      else for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (gradient.values[i] ?? 0);
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

function scale(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * factor;
}
