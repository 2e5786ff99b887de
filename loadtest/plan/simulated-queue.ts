/** What waits in a simulated server: the order of the server's queue, without its deadlines and retries. */
import { type BatchLimits, chooseBatch } from '../../core/batching/choose-batch.js';
import { bucketOf } from '../../core/batching/buckets.js';

export interface QueueLimits extends BatchLimits {
  /** The most that may wait. */
  readonly queueCapacity: number;
}

interface Waiting<T> {
  readonly entry: T;
  readonly length: number;
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
    bucket.push({ entry, length: entry.length, order: this.#order++ });
    this.#depth += 1;
    return true;
  }

  /** The oldest entry and others of like length; null when nothing waits. */
  take(freeWorkers: number): T[] | null {
    const buckets = [...this.#buckets]
      .filter(([, bucket]) => bucket.length > 0)
      .sort(([a], [b]) => a - b)
      .map(([, bucket]) => bucket);
    if (buckets.length === 0) return null;
    const orders = buckets.map(([head]) => head?.order ?? Infinity);
    const home = orders.indexOf(Math.min(...orders));
    const { taken } = chooseBatch(buckets, home, freeWorkers, this.#limits);
    const batch = buckets
      .flatMap((bucket, place) => bucket.splice(0, taken[place]))
      .sort((a, b) => a.order - b.order);
    this.#depth -= batch.length;
    return batch.map(({ entry }) => entry);
  }
}
