/** Dropout masks: multipliers 0 or 1 / (1 - rate), so that a value's expectation stays (inverted dropout). */
import { sizeOf, tensor, type Tensor } from '../core/tensor.js';
import type { DropoutSite } from '../models/network.js';
import type { Random } from './random.js';

/** What a site's symbols stand for in one step. */
export interface StepSizes {
  readonly batch_size: number;
  readonly sequence_length: number;
}

/** Rates are multiples of 1 / resolution: half of a draw's bits decide one value. */
const resolution = 2 ** 16;

/** A network's masks; their memory is used again by the next draw. */
export class DropoutMasks {
  readonly #sites: readonly DropoutSite[];
  readonly #dropped: number;
  readonly #buffers = new Map<string, Float32Array>();

  constructor(sites: readonly DropoutSite[], rate: number) {
    this.#sites = sites;
    this.#dropped = Math.round(rate * resolution);
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

  #fill(mask: Float32Array, random: Random): void {
    const dropped = this.#dropped;
    if (dropped === 0) {
      mask.fill(1);
      return;
    }
    const kept = resolution / (resolution - dropped);
    // xorshift128 (Marsaglia, 2003), in place: a call for every number would take longer than the number.
    let [x, y, z, w] = [random.bits() | 1, random.bits(), random.bits(), random.bits()];
    for (let i = 0; i < mask.length; i += 2) {
      const t = x ^ (x << 11);
      x = y;
      y = z;
      z = w;
      w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
      mask[i] = (w & 0xffff) < dropped ? 0 : kept;
      mask[i + 1] = w >>> 16 < dropped ? 0 : kept; // past an odd end it falls off
    }
  }
}

function sizeIn(sizes: StepSizes, dimension: DropoutSite['shape'][number]): number {
  if (typeof dimension === 'number') return dimension;
  if (dimension === 'batch_size' || dimension === 'sequence_length') return sizes[dimension];
  throw new RangeError(`a dropout site has the dimension ${String(dimension)}`);
}
