/** A model version's workers: started, fed from the queue, replaced when they die, hang or grow too large. */
import { fail, type RetortError } from '../../core/errors.js';
import type { Clock } from '../clock.js';
import type { Batch, RequestQueue } from '../scheduler/queue.js';
import { type Isolation, openWorker, type SpareProcess, type WorkerChannel } from './channel.js';
import { receivedError, type WorkerFacts, type WorkerMessage, type WorkerSetup } from './protocol.js';

export type DeathCause = 'crash' | 'memory' | 'hang';

export interface WorkerPoolOptions {
  readonly setup: Omit<WorkerSetup, 'checkFiles'>;
  readonly size: number;
  /** Whether one loaded worker is enough to begin with; the others then load after it, beside the first requests. */
  readonly firstIsEnough?: boolean;
  /** A process that was started ahead of time, for the first worker. */
  readonly spare?: SpareProcess | null;
  readonly isolation: Isolation;
  /** Of JavaScript's heap in a worker. */
  readonly heapMegabytes: number;
  /** A batch that takes longer means a worker that hangs. */
  readonly batchTimeoutMs: number;
  /** As a load does that takes longer. */
  readonly loadTimeoutMs: number;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
  readonly queue: RequestQueue;
  readonly clock: Clock;
  readonly onBatch: (batch: Batch) => void;
  /** Ids computed, padding included, and without. */
  readonly onComputed?: (computed: number, needed: number) => void;
  /** @param hint what is to be done, where the worker refused the bundle */
  readonly onDeath: (reason: string, cause: DeathCause, hint?: string) => void;
}

interface Slot {
  channel: WorkerChannel;
  ready: boolean;
  /** Loads in the place of one that retires, which stays where this one does not load. */
  readonly standsIn: boolean;
  /** Takes no more batches: it ends after those that it has. */
  retiring: boolean;
  cause: DeathCause;
  /** What the worker was sent, oldest first. */
  running: Batch[];
  timer: unknown;
}

/** How often in a row a replacement may die before it is ready; then what waits is refused until one is. */
const attemptsToStart = 3;
/** Before the next attempts: doubled from the first to the last. */
const [firstPauseMs, longestPauseMs] = [1000, 30_000];

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<Slot>();
  #started = false;
  #closing = false;
  #failedStarts = 0;
  /** When a worker that has grown too large may be replaced next, where the replacements did not load. */
  #nextStandInMs = -Infinity;
  readonly #pauses = new Set<unknown>();
  #facts: WorkerFacts = {
    vocabularySize: 0,
    warnings: [],
    rowByRow: false,
    provider: '',
    precision: '',
    file: '',
  };

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** @throws RetortError model_refused when a worker cannot load the bundle; load_timeout */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    const { signal } = options;
    const abort = () => {
      pool.kill();
    };
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
    try {
      await pool.#spawn(options.spare ?? null);
      for (let more = 1; more < options.size; more += 1) {
        const loading = pool.#spawn();
        // One after another, since another version answers meanwhile on the same cores.
        if (options.firstIsEnough !== true) await loading;
        // Its exit is handled where every worker's is.
        else loading.catch(() => undefined);
      }
      if (pool.#closing) throw pool.#refusal('its start was ended');
    } catch (error) {
      await pool.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    pool.#started = true;
    // In the place of those that died meanwhile.
    for (let missing = options.size - pool.#slots.size; missing > 0; missing -= 1) pool.#respawn();
    return pool;
  }

  /** What the workers say of the model. */
  get facts(): WorkerFacts {
    return this.#facts;
  }

  /** Ids must lie below. */
  get vocabularySize(): number {
    return this.#facts.vocabularySize;
  }

  /** Workers that are loaded. */
  get readyWorkers(): number {
    return [...this.#slots].filter(({ ready, retiring }) => ready && !retiring).length;
  }

  /** Of the processes; none for threads. */
  get pids(): number[] {
    return [...this.#slots].flatMap(({ channel }) => channel.pid ?? []);
  }

  /** Gives waiting entries to free workers. Rows that run one by one may wait in a worker: it then never idles. */
  dispatch(): void {
    const able = [...this.#slots].filter(({ ready, retiring }) => ready && !retiring);
    const { rowByRow } = this.#facts;
    for (let ahead = 0; ahead < (rowByRow ? 2 : 1); ahead += 1) {
      const free = able.filter(({ running }) => running.length === ahead);
      for (const [index, slot] of free.entries()) {
        const batch = this.#options.queue.take(free.length - index, rowByRow);
        if (batch === null) return;
        this.#send(slot, batch);
      }
    }
  }

  /** Ends the workers, each after the batches that it has. */
  async close(): Promise<void> {
    this.#stopReplacing();
    await Promise.all([...this.#slots].map(({ channel }) => channel.end()));
  }

  /** Ends the processes now, whatever they do. A thread ends after what it computes: see WorkerChannel. */
  kill(): void {
    this.#stopReplacing();
    for (const { channel } of this.#slots) {
      if (this.#options.isolation === 'process') channel.kill();
      else void channel.end();
    }
  }

  #stopReplacing(): void {
    this.#closing = true;
    for (const pause of this.#pauses) this.#options.clock.clearTimeout(pause);
  }

  #send(slot: Slot, batch: Batch): void {
    slot.running.push(batch);
    if (slot.running.length === 1) this.#watch(slot);
    this.#options.onBatch(batch);
    slot.channel.send({ kind: 'run', items: batch.entries.map(({ item }) => item) });
  }

  #watch(slot: Slot): void {
    const { clock, batchTimeoutMs } = this.#options;
    clock.clearTimeout(slot.timer);
    if (slot.running.length === 0) return;
    slot.timer = clock.setTimeout(() => {
      slot.cause = 'hang';
      slot.channel.kill();
    }, batchTimeoutMs);
  }

  #spawn(spare: SpareProcess | null = null, standsIn = false): Promise<void> {
    const { setup, isolation, heapMegabytes, loadTimeoutMs, clock } = this.#options;
    if (this.#closing) {
      spare?.child.kill('SIGKILL');
      return Promise.reject(this.#refusal('its start was ended'));
    }
    return new Promise((resolve, reject) => {
      let refusal: RetortError | null = null;
      const onMessage = (message: WorkerMessage) => {
        switch (message.kind) {
          case 'ready':
            slot.ready = true;
            clock.clearTimeout(slot.timer);
            this.#failedStarts = 0;
            if (!this.#closing) this.#options.queue.reopen();
            this.#facts = message;
            resolve();
            this.dispatch();
            break;
          case 'refused':
            refusal = receivedError(message.error);
            break;
          case 'done':
            this.#finish(slot, (batch) => {
              const needed = message.predictions.reduce((sum, { words }) => sum + words, 0);
              this.#options.onComputed?.(message.computed, needed);
              this.#options.queue.answer(batch, message.predictions, message);
            });
            break;
          case 'failed':
            this.#finish(slot, (batch) => {
              this.#options.queue.refuse(batch, receivedError(message.error));
            });
            break;
          case 'memory_exceeded':
            this.#retire(slot, message.bytes);
            break;
        }
      };
      const onExit = (ended: string) => {
        clock.clearTimeout(slot.timer);
        this.#slots.delete(slot);
        const reason = refusal?.message ?? ended;
        reject(refusal?.code === 'load_timeout' ? refusal : this.#refusal(reason));
        if (!this.#closing) this.#gone(slot, reason, refusal?.hint);
      };
      const slot: Slot = {
        channel: openWorker(isolation, { onMessage, onExit }, heapMegabytes, spare),
        ready: false,
        standsIn,
        retiring: false,
        cause: 'crash',
        running: [],
        timer: null,
      };
      this.#slots.add(slot);
      slot.timer = clock.setTimeout(() => {
        refusal = fail('load_timeout', { path: setup.folder, milliseconds: loadTimeoutMs });
        slot.cause = 'hang';
        slot.channel.kill();
      }, loadTimeoutMs);
      // Beside another that answers it loads behind that one, or both would be too slow for what comes in.
      const yieldsAtOnce = setup.yieldsAtOnce || this.readyWorkers > 0;
      slot.channel.send({ kind: 'load', setup: { ...setup, checkFiles: this.#started, yieldsAtOnce } });
    });
  }

  #refusal(reason: string): RetortError {
    return fail('model_refused', { path: this.#options.setup.folder, reason });
  }

  #finish(slot: Slot, report: (batch: Batch) => void): void {
    const batch = slot.running.shift();
    this.#watch(slot);
    // The next batch first: the worker computes while the main thread writes answers.
    this.dispatch();
    if (batch !== undefined) report(batch);
  }

  /** A replacement is loaded before the worker that grew too large ends. */
  #retire(slot: Slot, bytes: number): void {
    const { clock, onDeath } = this.#options;
    if (slot.retiring || this.#closing || clock.now() < this.#nextStandInMs) return;
    slot.retiring = true;
    onDeath(`it held ${String(Math.round(bytes / 2 ** 20))} MiB`, 'memory');
    this.#spawn(null, true).then(
      () => slot.channel.end(),
      () => {
        slot.retiring = false;
        this.#nextStandInMs = clock.now() + this.#pauseMs;
        if (!this.#slots.has(slot)) this.#respawn();
        else this.dispatch();
      },
    );
  }

  /** A worker is gone: what it was sent goes to others, and another is started where none is on its way. */
  #gone(slot: Slot, reason: string, hint?: string): void {
    // What start makes of it.
    if (!this.#started) return;
    const { queue, onDeath } = this.#options;
    if (!slot.retiring) onDeath(reason, slot.cause, hint);
    if (!slot.ready) this.#failedStarts += 1;
    const lost = slot.running.flatMap(({ entries }) => entries);
    queue.retry({ entries: lost }, fail('worker_died', { reason }));
    if (slot.retiring || (slot.standsIn && !slot.ready)) return;
    if (this.#failedStarts >= attemptsToStart && this.#slots.size === 0) queue.close(this.#refusal(reason));
    this.#respawn();
  }

  /** Starts a worker: at once, and after some failures with pauses, since what is broken may be mended. */
  #respawn(): void {
    if (this.#closing) return;
    const { clock } = this.#options;
    const start = () => {
      this.#spawn().catch(() => {
        // Its exit is handled where every worker's is.
      });
    };
    const pauseMs = this.#pauseMs;
    if (pauseMs === 0) {
      start();
      return;
    }
    const pause = clock.setTimeout(() => {
      this.#pauses.delete(pause);
      start();
    }, pauseMs);
    this.#pauses.add(pause);
  }

  /** Before the next start. */
  get #pauseMs(): number {
    const failures = this.#failedStarts - attemptsToStart;
    return failures < 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
  }
}
