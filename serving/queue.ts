/**
 * A model's queue: bounded, first in first out within like lengths. It owns everything that waits; workers come and
 * take. A request's items are admitted all or none, and the request is answered when the last of them is.
 */
import { fail, type RetortError } from '../core/errors.js';
import { takeBatch } from './batch-policy.js';
import type { Clock } from './clock.js';
import type { Item, Prediction } from './predictor.js';

export interface Answer {
  readonly predictions: readonly Prediction[];
  /** From admission to the dispatch of the last item. */
  readonly queueMs: number;
  /** Of the batches that held the request's items, the longest each. */
  readonly tokenizeMs: number;
  readonly inferMs: number;
}

export interface Submission {
  readonly items: readonly Item[];
  /** On the clock; an item that waits longer is answered with deadline_exceeded. */
  readonly deadlineMs: number;
  /** Aborted when the client is gone: what still waits is dropped. */
  readonly signal?: AbortSignal;
}

/** One item on its way to a worker and back. */
export interface Entry {
  readonly item: Item;
  /** Comparable among entries: ids, or characters of the text. */
  readonly length: number;
  /** Times that a worker died with it. */
  retries: number;
  readonly request: PendingRequest;
  readonly place: number;
}

interface PendingRequest {
  readonly admittedMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly predictions: Prediction[];
  missing: number;
  queueMs: number;
  tokenizeMs: number;
  inferMs: number;
  settled: boolean;
  settle(answer: Answer | RetortError): void;
}

export interface QueueOptions {
  /** The most items that may wait. */
  readonly capacity: number;
  /** The most items that one worker takes at once. */
  readonly largestBatch: number;
  readonly clock: Clock;
  /** Called when something waits that a free worker could take. */
  readonly onWaiting: () => void;
}

export class RequestQueue {
  readonly #options: QueueOptions;
  #waiting: Entry[] = [];
  /** Admitted and not answered yet. */
  #open = new Set<PendingRequest>();
  #closed: RetortError | null = null;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#waiting.length;
  }

  get openRequests(): number {
    return this.#open.size;
  }

  /**
   * @throws RetortError queue_full, or what the queue was closed with, at once; rejects with deadline_exceeded,
   * client_gone, or what a worker answers
   */
  submit({ items, deadlineMs, signal }: Submission): Promise<Answer> {
    const { capacity, clock, onWaiting } = this.#options;
    if (this.#closed !== null) throw this.#closed;
    // An abort that is past is not heard of again.
    if (signal?.aborted === true) return Promise.reject(fail('client_gone', {}));
    if (this.#waiting.length + items.length > capacity) throw fail('queue_full', { capacity });
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        request.settle(
          fail('deadline_exceeded', { milliseconds: Math.round(deadlineMs - request.admittedMs) }),
        );
      }, deadlineMs - clock.now());
      const gone = () => {
        request.settle(fail('client_gone', {}));
      };
      const request: PendingRequest = {
        admittedMs: clock.now(),
        deadlineMs,
        signal,
        predictions: new Array<Prediction>(items.length),
        missing: items.length,
        queueMs: 0,
        tokenizeMs: 0,
        inferMs: 0,
        settled: false,
        settle: (answer) => {
          if (request.settled) return;
          request.settled = true;
          this.#open.delete(request);
          clock.clearTimeout(timer);
          signal?.removeEventListener('abort', gone);
          this.#waiting = this.#waiting.filter((entry) => entry.request !== request);
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
        },
      };
      signal?.addEventListener('abort', gone, { once: true });
      this.#open.add(request);
      items.forEach((item, place) => {
        this.#waiting.push({
          item,
          length: 'ids' in item ? item.ids.length : item.text.length,
          retries: 0,
          request,
          place,
        });
      });
      onWaiting();
    });
  }

  /** What a free worker runs next; empty when nothing waits. */
  take(): Entry[] {
    const places = new Set(
      takeBatch(
        this.#waiting.map(({ length }) => length),
        this.#options.largestBatch,
      ),
    );
    const taken = this.#waiting.filter((_, place) => places.has(place));
    this.#waiting = this.#waiting.filter((_, place) => !places.has(place));
    const now = this.#options.clock.now();
    for (const { request } of taken) request.queueMs = Math.max(request.queueMs, now - request.admittedMs);
    return taken;
  }

  answer(
    entries: readonly Entry[],
    predictions: readonly Prediction[],
    times: Pick<Answer, 'tokenizeMs' | 'inferMs'>,
  ): void {
    entries.forEach(({ request, place }, index) => {
      const prediction = predictions[index];
      if (prediction === undefined || request.settled) return;
      request.predictions[place] = prediction;
      request.missing -= 1;
      request.tokenizeMs = Math.max(request.tokenizeMs, times.tokenizeMs);
      request.inferMs = Math.max(request.inferMs, times.inferMs);
      if (request.missing === 0) request.settle(request);
    });
  }

  refuse(entries: readonly Entry[], error: RetortError): void {
    for (const { request } of entries) request.settle(error);
  }

  /** Entries whose worker died: once more, before all others; a second time they are refused. */
  retry(entries: readonly Entry[], error: RetortError): void {
    // First, since it settles requests that may have other entries here.
    this.refuse(
      entries.filter(({ retries }) => retries > 0),
      error,
    );
    const again = entries.filter(({ request }) => !request.settled);
    for (const entry of again) entry.retries += 1;
    this.#waiting.unshift(...again);
    if (again.length > 0) this.#options.onWaiting();
  }

  /** Answers everything that is open with an error, and refuses with it whatever comes later. */
  close(error: RetortError): void {
    this.#closed = error;
    for (const request of [...this.#open]) request.settle(error);
  }
}
