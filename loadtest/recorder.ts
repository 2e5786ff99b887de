/** Counts and times the requests of a run, whole and by the second in which they were due. */
import { LatencyHistogram } from './latency-histogram.js';
import type { MeasuredWindow, Measurement } from './measurement.js';
import { count, type Outcome, type Outcomes } from './outcome.js';

interface Window {
  readonly outcomes: Outcomes;
  readonly latency: LatencyHistogram;
  answered: number;
}

/** All times in milliseconds from the run's start. */
export class Recorder {
  readonly #warmupMs: number;
  readonly #endMs: number;
  #answered = 0;
  readonly #windows: Window[] = [];
  readonly #latency = new LatencyHistogram();
  readonly #fromSending = new LatencyHistogram();
  readonly #refused = new LatencyHistogram();
  readonly #lag = new LatencyHistogram();
  readonly #outcomes: Outcomes = {};
  /** Since the last `takeRecent`; the warm-up counts here. */
  #recent = new LatencyHistogram();
  #recentOutcomes: Outcomes = {};

  /** @param endMs when the last request is due; throughput is what is answered between the warm-up and then */
  constructor(warmupMs: number, endMs: number) {
    this.#warmupMs = warmupMs;
    this.#endMs = endMs;
  }

  lag(dueMs: number, lagMs: number): void {
    if (dueMs >= this.#warmupMs) this.#lag.record(lagMs);
  }

  ended(outcome: Outcome, dueMs: number, sentMs: number, endedMs: number): void {
    count(this.#recentOutcomes, outcome);
    if (outcome === 'ok') {
      this.#recent.record(endedMs - dueMs);
      // Whenever it was due: where a queue is long, as many come over from the warm-up as are left at the end.
      if (endedMs >= this.#warmupMs && endedMs <= this.#endMs) {
        this.#answered++;
        this.#windowAt(Math.floor((endedMs - this.#warmupMs) / 1000)).answered++;
      }
    }
    if (dueMs < this.#warmupMs) return;
    const window = this.#windowAt(Math.floor((dueMs - this.#warmupMs) / 1000));
    count(this.#outcomes, outcome);
    count(window.outcomes, outcome);
    if (outcome === '429') this.#refused.record(endedMs - sentMs);
    if (outcome !== 'ok') return;
    window.latency.record(endedMs - dueMs);
    this.#latency.record(endedMs - dueMs);
    this.#fromSending.record(endedMs - sentMs);
  }

  /** What ended since this was last asked. */
  takeRecent(): Pick<MeasuredWindow, 'outcomes' | 'latencyMs'> {
    const recent = { outcomes: this.#recentOutcomes, latencyMs: this.#recent.summary() };
    this.#recentOutcomes = {};
    this.#recent = new LatencyHistogram();
    return recent;
  }

  /** @param stoppedMs when the run was over; before the end that was planned if it was cut short */
  result(stoppedMs: number): Omit<Measurement, 'connectionsOpened' | 'generatorCores'> {
    const durationSeconds = Math.max(0, stoppedMs - this.#warmupMs) / 1000;
    return {
      durationSeconds,
      requestsPerSecond: durationSeconds > 0 ? this.#answered / durationSeconds : 0,
      outcomes: this.#outcomes,
      latencyMs: this.#latency.summary(),
      latencyFromSendingMs: this.#fromSending.summary(),
      refusedLatencyMs: this.#refused.summary(),
      lagMs: this.#lag.summary(),
      windows: this.#windows.map(({ outcomes, answered, latency }, second) => ({
        second,
        outcomes,
        answered,
        latencyMs: latency.summary(),
        histogram: latency.count === 0 ? null : latency.encode(),
      })),
    };
  }

  #windowAt(second: number): Window {
    for (let next = this.#windows.length; next <= second; next++)
      this.#windows.push({ outcomes: {}, answered: 0, latency: new LatencyHistogram() });
    const window = this.#windows[second];
    if (window === undefined) throw new RangeError(`there is no second ${second}`);
    return window;
  }
}
