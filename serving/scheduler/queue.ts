/**
 * A model version's queue: bounded, first in first out within a bucket of like lengths. It owns everything that waits;
 * workers come and take. A request's items are admitted all or none, and the request is answered when the last is.
 */
import { type BatchLimits, batchSize, type DispatchReason } from '../../core/batching/batch-size.js';
import { bucketOf } from '../../core/batching/buckets.js';
import { fail, type RetortError } from '../../core/errors.js';
import type { Clock } from '../clock.js';
import type { GoneSignal } from '../gone-signal.js';
import type { Item, Prediction } from '../predictor.js';
import { OpenRequests } from './open-requests.js';
import { retryAfterSeconds, ServiceTime } from './service-time.js';

/** Of the batches that held a request's items, the longest each. */
export interface StageTimes {
  /** From admission to the dispatch of the last item. */
  readonly queueMs: number;
  /** From dispatch to answer, less the work: messages, and the wait for the others of a batch. */
  readonly batchWaitMs: number;
  readonly tokenizeMs: number;
  readonly inferMs: number;
}

export interface Answer extends StageTimes {
  readonly predictions: readonly Prediction[];
}

/** `low`: taken only when nothing else waits. */
export type Priority = 'normal' | 'low';

export interface Submission {
  readonly items: readonly Item[];
  /** On the clock; an item that waits longer is answered with deadline_exceeded. */
  readonly deadlineMs: number;
  /** Aborted when the client is gone: what still waits is dropped. */
  readonly signal?: GoneSignal | undefined;
  readonly priority?: Priority;
  /** The client has an answer without this one: a deadline that passes is none that a client missed. */
  readonly isAnswered?: boolean;
}

/** One item on its way to a worker and back. */
export interface Entry {
  readonly item: Item;
  /** Ids, or at most as many as a text of so many characters has. */
  readonly length: number;
  /** Times that a worker died with it. */
  readonly retries: number;
  readonly request: PendingRequest;
  readonly place: number;
  readonly order: number;
}

interface PendingRequest {
  /** Among the open requests. */
  place: number;
  readonly priority: Priority;
  readonly admittedMs: number;
  predictions: Prediction[];
  missing: number;
  waiting: number;
  times: { -readonly [Stage in keyof StageTimes]: number };
  settled: boolean;
  settle(answer: Answer | RetortError): void;
}

export interface Batch {
  readonly entries: readonly Entry[];
  readonly reason: DispatchReason;
  readonly dispatchedMs: number;
}

export interface QueueOptions extends Omit<BatchLimits, 'rowByRow'> {
  /** The most items that may wait. */
  readonly capacity: number;
  /** The most ids that a text becomes: a longer text costs no more. */
  readonly longestRow: number;
  readonly clock: Clock;
  /** Workers that take from it; one where it is absent. */
  readonly workers?: () => number;
  /** Called when something waits that a free worker could take. */
  readonly onWaiting: () => void;
  readonly onDeadlineMissed?: () => void;
}

type Lane = Map<number, Entry[]>;

export class RequestQueue {
  readonly #options: QueueOptions;
  readonly #serviceTime = new ServiceTime();
  readonly #lanes: Readonly<Record<Priority, Lane>> = { normal: new Map(), low: new Map() };
  /** Admitted and not answered yet. */
  readonly #open = new OpenRequests<PendingRequest>();
  readonly #waiting: Record<Priority, number> = { normal: 0, low: 0 };
  /** Entries of settled requests that are still in the lanes. */
  #dead = 0;
  #order = 0;
  /** Entries that go again stand before all others. */
  #retryOrder = 0;
  #closed: RetortError | null = null;
  /** One for all who are refused alike: making an error, with its stack, costs more than sending it. */
  #full: RetortError | null = null;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Items that wait. */
  get depth(): number {
    return this.#waiting.normal + this.#waiting.low;
  }

  /** The share of the capacity that waits, 0 to 1. */
  get fill(): number {
    return this.depth / this.#options.capacity;
  }

  get openRequests(): number {
    return this.#open.size;
  }

  /**
   * What an item of normal priority that is admitted now waits, in milliseconds, by the latest batches; 0 where nothing
   * waits before it.
   */
  get expectedWaitMs(): number {
    return this.#serviceTime.millisecondsFor(this.#waiting.normal, this.#options.workers?.() ?? 1);
  }

  /** What a request of `items` items is refused with, now; null where they are admitted. */
  refusalOf(items: number): RetortError | null {
    const { capacity } = this.#options;
    if (this.depth + items <= capacity) return null;
    const seconds = retryAfterSeconds(this.expectedWaitMs);
    if (this.#full?.details.seconds !== seconds) this.#full = fail('queue_full', { capacity, seconds });
    return this.#full;
  }

  /**
   * @throws RetortError request_over_capacity, queue_full, queue_too_long, or what the queue was closed with, at once; rejects with
   * deadline_exceeded, client_gone, or what a worker answers
   */
  submit({
    items,
    deadlineMs,
    signal,
    priority = 'normal',
    isAnswered = false,
  }: Submission): Promise<Answer> {
    const { capacity, clock, onWaiting, onDeadlineMissed } = this.#options;
    if (this.#closed !== null) throw this.#closed;
    if (items.length > capacity) throw fail('request_over_capacity', { items: items.length, capacity });
    // An abort that is past is not heard of again.
    if (signal?.aborted === true) return Promise.reject(fail('client_gone', {}));
    const admittedMs = clock.now();
    const late = () => {
      if (!isAnswered) onDeadlineMissed?.();
      return fail('deadline_exceeded', { milliseconds: Math.round(deadlineMs - admittedMs) });
    };
    // No timer is as short, and a quick worker would answer before it.
    if (deadlineMs <= admittedMs) return Promise.reject(late());
    const refusal = this.refusalOf(items.length) ?? this.#tooLate(deadlineMs);
    if (refusal !== null) throw refusal;
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        request.settle(late());
      }, deadlineMs - admittedMs);
      const gone = () => {
        request.settle(fail('client_gone', {}));
      };
      const request: PendingRequest = {
        place: 0,
        priority,
        admittedMs,
        predictions: new Array<Prediction>(items.length),
        missing: items.length,
        waiting: items.length,
        times: { queueMs: 0, batchWaitMs: 0, tokenizeMs: 0, inferMs: 0 },
        settled: false,
        settle: (answer) => {
          if (request.settled) return;
          request.settled = true;
          this.#open.delete(request);
          this.#waiting[priority] -= request.waiting;
          this.#dead += request.waiting;
          request.waiting = 0;
          clock.clearTimeout(timer);
          signal?.removeEventListener('abort', gone);
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
          if (this.#dead > capacity) this.#sweep();
        },
      };
      signal?.addEventListener('abort', gone, { once: true });
      this.#open.add(request);
      this.#waiting[priority] += items.length;
      items.forEach((item, place) => {
        this.#push(priority, {
          item,
          length: this.#lengthOf(item),
          retries: 0,
          request,
          place,
          order: this.#order++,
        });
      });
      onWaiting();
    });
  }

  /**
   * What a free worker runs next: the oldest entry that waits, and others of its bucket; null when nothing waits.
   * @param freeWorkers among which the waiting entries are shared
   */
  take(freeWorkers = 1, rowByRow = false): Batch | null {
    if (this.#dead > 0) this.#sweep();
    const bucket = oldestBucket(this.#lanes.normal) ?? oldestBucket(this.#lanes.low);
    if (bucket === null) return null;
    const lengths = bucket.map(({ length }) => length);
    const { rows, reason } = batchSize(lengths, freeWorkers, { rowByRow, ...this.#options });
    const entries = bucket.splice(0, rows);
    const now = this.#options.clock.now();
    for (const { request } of entries) {
      request.waiting -= 1;
      this.#waiting[request.priority] -= 1;
      request.times.queueMs = Math.max(request.times.queueMs, now - request.admittedMs);
    }
    return { entries, reason, dispatchedMs: now };
  }

  answer(
    { entries, dispatchedMs }: Batch,
    predictions: readonly Prediction[],
    { tokenizeMs, inferMs }: Pick<StageTimes, 'tokenizeMs' | 'inferMs'>,
  ): void {
    const batchWaitMs = Math.max(0, this.#options.clock.now() - dispatchedMs - tokenizeMs - inferMs);
    this.#serviceTime.served(entries.length, tokenizeMs + inferMs);
    entries.forEach(({ request, place }, index) => {
      const prediction = predictions[index];
      if (prediction === undefined || request.settled) return;
      request.predictions[place] = prediction;
      request.missing -= 1;
      const { times } = request;
      times.batchWaitMs = Math.max(times.batchWaitMs, batchWaitMs);
      times.tokenizeMs = Math.max(times.tokenizeMs, tokenizeMs);
      times.inferMs = Math.max(times.inferMs, inferMs);
      if (request.missing === 0) request.settle({ predictions: request.predictions, ...times });
    });
  }

  refuse({ entries }: Pick<Batch, 'entries'>, error: RetortError): void {
    for (const { request } of entries) request.settle(error);
  }

  /** Entries whose worker died: once more, before all others; a second time they are refused. */
  retry({ entries }: Pick<Batch, 'entries'>, error: RetortError): void {
    // First, since it settles requests that may have other entries here.
    this.refuse({ entries: entries.filter(({ retries }) => retries > 0) }, error);
    const again = entries.filter(({ request }) => !request.settled);
    this.#retryOrder -= again.length;
    again.forEach((entry, index) => {
      const { length, request } = entry;
      request.waiting += 1;
      this.#waiting[request.priority] += 1;
      const bucket = bucketIn(this.#lanes[request.priority], bucketOf(length));
      bucket.splice(index, 0, { ...entry, retries: entry.retries + 1, order: this.#retryOrder + index });
      bucket.sort((a, b) => a.order - b.order);
    });
    if (again.length > 0) this.#options.onWaiting();
  }

  /** Answers everything that is open with an error, and refuses with it whatever comes until it is opened again. */
  close(error: RetortError): void {
    this.#closed = error;
    for (const request of [...this.#open]) request.settle(error);
  }

  /** Takes what comes again. */
  reopen(): void {
    this.#closed = null;
  }

  /** Refused at once is better than answered too late: the client may ask elsewhere, and the work goes to others. */
  #tooLate(deadlineMs: number): RetortError | null {
    const [left, wait] = [deadlineMs - this.#options.clock.now(), this.expectedWaitMs];
    if (wait === 0 || wait <= left) return null;
    return fail('queue_too_long', {
      wait: Math.round(wait),
      milliseconds: Math.round(left),
      seconds: retryAfterSeconds(wait - left),
    });
  }

  #lengthOf(item: Item): number {
    const length = 'ids' in item ? item.ids.length : item.text.length;
    return Math.min(length, this.#options.longestRow);
  }

  #push(priority: Priority, entry: Entry): void {
    bucketIn(this.#lanes[priority], bucketOf(entry.length)).push(entry);
  }

  #sweep(): void {
    for (const lane of Object.values(this.#lanes)) {
      for (const [key, bucket] of lane) {
        const live = bucket.filter(({ request }) => !request.settled);
        if (live.length === 0) lane.delete(key);
        else lane.set(key, live);
      }
    }
    this.#dead = 0;
  }
}

function bucketIn(lane: Lane, key: number): Entry[] {
  let bucket = lane.get(key);
  if (bucket === undefined) {
    bucket = [];
    lane.set(key, bucket);
  }
  return bucket;
}

/** The bucket whose head is the oldest; null for none. */
function oldestBucket(lane: Lane): Entry[] | null {
  let found: Entry[] | null = null;
  for (const [key, bucket] of lane) {
    const [head] = bucket;
    if (head === undefined) lane.delete(key);
    else if (found === null || head.order < (found[0]?.order ?? Infinity)) found = bucket;
  }
  return found;
}
