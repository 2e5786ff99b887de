/** What waits in a simulated server: the order of the server's queue, without its deadlines and retries. */
import { type BatchLimits, batchSize } from '../../core/batching/batch-size.js';
import { bucketOf } from '../../core/batching/buckets.js';

export interface QueueLimits extends BatchLimits {
  /** The most that may wait. */
  readonly queueCapacity: number;
}

interface Waiting<T> {
  readonly entry: T;
  readonly order: number;
}

export class SimulatedQueue<T extends { readonly length: number }> {
  readonly #limits: QueueLimits;
  readonly #buckets = new Map<number, Waiting<T>[]>();
  #depth = 0;
  #order = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** False where the queue is full. */
  push(entry: T): boolean {
    if (this.#depth >= this.#limits.queueCapacity) return false;
    const key = bucketOf(entry.length);
    const bucket = this.#buckets.get(key) ?? [];
    this.#buckets.set(key, bucket);
    bucket.push({ entry, order: this.#order++ });
    this.#depth += 1;
    return true;
  }

  /** The oldest entry and others of its bucket; null when nothing waits. */
  take(freeWorkers: number): T[] | null {
    let oldest: Waiting<T>[] = [];
    for (const bucket of this.#buckets.values()) {
      const [head] = bucket;
      if (head !== undefined && head.order < (oldest[0]?.order ?? Infinity)) oldest = bucket;
    }
    if (oldest.length === 0) return null;
    const lengths = oldest.map(({ entry }) => entry.length);
    const { rows } = batchSize(lengths, freeWorkers, this.#limits);
    this.#depth -= rows;
    return oldest.splice(0, rows).map(({ entry }) => entry);
  }
}
