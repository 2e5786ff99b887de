/** Dropout masks: multipliers 0 or 1 / (1 - rate), so that a value's expectation stays (inverted dropout). */
import { sizeOf, tensor, type Tensor } from '../core/tensor.js';
import type { DropoutSite } from '../models/network.js';
import type { Random } from './random.js';
import { sizeIn, type StepSizes } from './step-sizes.js';

/** Rates are multiples of 1 / resolution: half of a draw's bits decide one distance. */
const resolution = 2 ** 16;

/** A network's masks; their memory is used again by the next draw. */
export class DropoutMasks {
  readonly #sites: readonly DropoutSite[];
  readonly #rate: number;
  readonly #distances: Uint32Array;
  readonly #buffers = new Map<string, Float32Array>();

  constructor(sites: readonly DropoutSite[], rate: number) {
    this.#sites = sites;
    this.#rate = Math.round(rate * resolution) / resolution;
    this.#distances = distancesOf(this.#rate);
  }

  /** Masks by site, valid until the next draw. */
  draw(sizes: StepSizes, random: Random): Record<string, Tensor> {
    return Object.fromEntries(
      this.#sites.map(({ name, shape }) => {
        const dimensions = shape.map((dimension) => sizeIn(sizes, dimension));
        const mask = this.#buffer(name, sizeOf(dimensions));
        this.#fill(mask, random);
        return [name, tensor('float32', mask, dimensions)];
      }),
    );
  }

  #buffer(name: string, size: number): Float32Array {
    let buffer = this.#buffers.get(name);
    if (buffer === undefined || buffer.length < size) {
      buffer = new Float32Array(size);
      this.#buffers.set(name, buffer);
    }
    return buffer.subarray(0, size);
  }

  /** Draws the distances between dropped values, which are a small share of all, and writes those alone anew. */
  #fill(mask: Float32Array, random: Random): void {
    mask.fill(1 / (1 - this.#rate));
    if (this.#rate === 0) return;
    const distances = this.#distances;
    // xorshift128 (Marsaglia, 2003), in place: a call for every number would take longer than the number.
    let [x, y, z, w] = [random.bits() | 1, random.bits(), random.bits(), random.bits()];
    for (let at = -1; at < mask.length;) {
      const t = x ^ (x << 11);
      x = y;
      y = z;
      z = w;
      w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
      at += distances[w & 0xffff] ?? 0;
      mask[at] = 0; // past the end it falls off
      at += distances[w >>> 16] ?? 0;
      mask[at] = 0;
    }
  }
}

/**
 * From one dropped value to the next, by 16 random bits: where each is dropped by itself the distance is geometric,
 * 1 + floor(ln(u) / ln(1 - rate)) for a uniform u (Devroye, Non-Uniform Random Variate Generation, 1986, chapter X.2).
 */
function distancesOf(rate: number): Uint32Array {
  return Uint32Array.from(
    { length: resolution },
    (_, bits) => 1 + Math.floor(Math.log((bits + 0.5) / resolution) / Math.log(1 - rate)),
  );
}
