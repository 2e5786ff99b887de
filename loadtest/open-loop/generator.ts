/**
 * The open loop: every request is sent when it is due, whatever the server does, and its latency counts from then. What
 * cannot be sent, because too many are in flight, is counted as dropped.
 */
import { GoneWatch } from '../gone-watch.js';
import type { RunEnd } from '../measurement.js';
import type { Outcome } from '../outcome.js';
import type { Recorder } from '../recorder.js';
import type { Arrivals } from './arrivals.js';
import type { GeneratorClock } from './clock.js';
import type { Sender } from './sender.js';

export interface GeneratorOptions {
  /** When requests are due; with the warm-up, which comes first. */
  readonly arrivals: Arrivals;
  /** The place of the next request among those the sender knows. */
  readonly nextRequest: () => number;
  readonly sender: Sender;
  readonly recorder: Recorder;
  readonly clock: GeneratorClock;
  readonly maxInFlight: number;
}

/** Requests that are sent before answers are read again. */
const burst = 32;
/** A generator so late measures itself. */
const hopelessLagMs = 1000;
/** How long an interrupted run waits for answers that are on their way. */
const graceMs = 250;

export interface GeneratorState {
  readonly elapsedMs: number;
  readonly inFlight: number;
}

export class Generator {
  readonly #options: GeneratorOptions;
  readonly #startMs: number;
  #due: number;
  readonly #watch = new GoneWatch();
  #end: RunEnd | null = null;
  #endedMs = 0;
  #onFinished: (() => void) | null = null;
  /** Endings of requests in flight, by which those that outlive the run are told. */
  readonly #open = new Set<(outcome: Outcome) => void>();

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
    this.#due = options.arrivals();
  }

  get state(): GeneratorState {
    return { elapsedMs: this.#elapsed(), inFlight: this.#open.size };
  }

  /** Sends what is due until all is over or `stop` is called, and waits for the answers. */
  async run(): Promise<{ readonly ended: RunEnd; readonly elapsedMs: number }> {
    const finished = new Promise<void>((resolve) => {
      this.#onFinished = resolve;
    });
    this.#step();
    await finished;
    return { ended: this.#end ?? 'complete', elapsedMs: this.#endedMs };
  }

  stop(because: RunEnd = 'interrupted'): void {
    // A run that has sent everything, and waits for answers, can still be interrupted.
    const drains = this.#end === 'complete' && this.#open.size > 0;
    if (this.#end !== null && !(drains && because === 'interrupted')) return;
    this.#end = because;
    this.#endedMs = this.#elapsed();
    if (because !== 'complete') {
      this.#options.clock.wake(graceMs, () => {
        for (const end of [...this.#open]) end('unfinished');
      });
    }
    this.#finishWhenAllEnded();
  }

  #step(): void {
    this.#sendDue();
    if (this.#due === Infinity) this.stop('complete');
    if (this.#end === null) {
      this.#options.clock.wake(this.#due - this.#elapsed(), () => {
        this.#step();
      });
    }
  }

  #sendDue(): void {
    const { arrivals, nextRequest, maxInFlight, recorder } = this.#options;
    for (let sent = 0; sent < burst && this.#end === null; sent++) {
      const now = this.#elapsed();
      const due = this.#due;
      if (due > now) return;
      this.#due = arrivals();
      recorder.lag(due, now - due);
      if (now - due > hopelessLagMs) this.stop('generator-late');
      const request = nextRequest();
      if (this.#open.size >= maxInFlight) recorder.ended('dropped', due, now, now);
      else this.#send(request, due, now);
    }
  }

  #send(request: number, due: number, sent: number): void {
    const end = (outcome: Outcome) => {
      if (!this.#open.delete(end)) return;
      const now = this.#elapsed();
      this.#options.recorder.ended(outcome, due, sent, now);
      this.#watch.ended(outcome, now);
      if (this.#watch.isGone) this.stop('server-gone');
      this.#finishWhenAllEnded();
    };
    this.#open.add(end);
    this.#options.sender.send(request, end);
  }

  #finishWhenAllEnded(): void {
    if (this.#end !== null && this.#open.size === 0) this.#onFinished?.();
  }

  #elapsed(): number {
    return this.#options.clock.now() - this.#startMs;
  }
}
