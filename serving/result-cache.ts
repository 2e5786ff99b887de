/** Answers by text and loaded version, the least recently used dropped first. */
import type { ServedModel } from './model-registry.js';
import type { Prediction } from './predictor.js';

/** What an answer holds beside its text: keys, numbers, the map's own. */
const overheadBytes = 256;

export class ResultCache {
  readonly #capacityBytes: number;
  readonly #versions = new WeakMap<ServedModel, number>();
  readonly #answers = new Map<string, Prediction>();
  #nextVersion = 0;
  #bytes = 0;

  /** @param capacityBytes 0 keeps nothing */
  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get(model: ServedModel, text: string): Prediction | undefined {
    const key = this.#keyOf(model, text);
    const found = this.#answers.get(key);
    if (found === undefined) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return found;
  }

  set(model: ServedModel, text: string, answer: Prediction): void {
    const key = this.#keyOf(model, text);
    if (costOf(key) > this.#capacityBytes) return;
    if (this.#answers.delete(key)) this.#bytes -= costOf(key);
    this.#answers.set(key, answer);
    this.#bytes += costOf(key);
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#capacityBytes) break;
      this.#answers.delete(oldest);
      this.#bytes -= costOf(oldest);
    }
  }

  get size(): number {
    return this.#answers.size;
  }

  /** A version that is loaded anew is another one: its files may have changed. */
  #keyOf(model: ServedModel, text: string): string {
    let version = this.#versions.get(model);
    if (version === undefined) {
      version = this.#nextVersion++;
      this.#versions.set(model, version);
    }
    return `${String(version)}\n${text}`;
  }
}

function costOf(key: string): number {
  return 2 * key.length + overheadBytes;
}
