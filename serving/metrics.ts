/** A server's metrics, in Prometheus's text format; each server has a registry of its own. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Stage = 'queue' | 'tokenize' | 'infer' | 'post_process' | 'total';

/** Seconds: from a short text on a fast core to a full queue. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Counter;
  readonly #stages: Histogram;
  readonly #batchSize: Histogram;
  readonly #deaths: Counter;
  readonly #compared: Histogram;
  readonly #comparisonsDropped: Counter;
  readonly #difference: Gauge;
  readonly #speedup: Gauge;

  constructor(queueDepth: () => number) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Counter({
      name: 'retort_requests_total',
      help: 'Requests answered',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#stages = new Histogram({
      name: 'retort_stage_seconds',
      help: 'Time of an answered request by stage',
      labelNames: ['stage'],
      buckets,
      registers,
    });
    this.#batchSize = new Histogram({
      name: 'retort_batch_rows',
      help: 'Texts that a worker took at once',
      buckets: [1, 2, 4, 8, 16, 32],
      registers,
    });
    this.#deaths = new Counter({
      name: 'retort_worker_deaths_total',
      help: 'Workers that died and were replaced',
      registers,
    });
    this.#compared = new Histogram({
      name: 'retort_compare_seconds',
      help: 'Sampled texts, run again by each engine on one thread',
      labelNames: ['engine'],
      buckets,
      registers,
    });
    this.#comparisonsDropped = new Counter({
      name: 'retort_compare_dropped_total',
      help: 'Samples dropped because one was still running',
      registers,
    });
    this.#difference = new Gauge({
      name: 'retort_compare_max_logit_difference',
      help: 'Largest |logit difference| between static and eager so far',
      registers,
    });
    this.#speedup = new Gauge({
      name: 'retort_compare_speedup',
      help: 'Median of eager over static time, over the latest samples',
      registers,
    });
    new Gauge({
      name: 'retort_queue_depth',
      help: 'Texts that wait',
      registers,
      collect() {
        this.set(queueDepth());
      },
    });
  }

  request(route: string, status: number): void {
    this.#requests.inc({ route, status: String(status) });
  }

  stage(stage: Stage, milliseconds: number): void {
    this.#stages.observe({ stage }, milliseconds / 1000);
  }

  batch(rows: number): void {
    this.#batchSize.observe(rows);
  }

  workerDied(): void {
    this.#deaths.inc();
  }

  compared(engine: 'static' | 'eager', milliseconds: number): void {
    this.#compared.observe({ engine }, milliseconds / 1000);
  }

  comparisonDropped(): void {
    this.#comparisonsDropped.inc();
  }

  comparisonSummary(speedup: number, largestDifference: number): void {
    this.#speedup.set(speedup);
    this.#difference.set(largestDifference);
  }
}
