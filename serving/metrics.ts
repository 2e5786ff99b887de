/** A server's metrics, in Prometheus's text format; each server has a registry of its own, and each part a group. */
import { Counter, Histogram, Registry } from 'prom-client';
import { cascadeMetrics } from './metrics/cascade-metrics.js';
import { comparisonMetrics } from './metrics/comparison-metrics.js';
import { modelMetrics, type ModelGauges } from './metrics/model-metrics.js';
import { processMetrics } from './metrics/process-metrics.js';
import { schedulerMetrics } from './metrics/scheduler-metrics.js';
import { secondsBuckets } from './metrics/seconds-buckets.js';
import { shadowMetrics } from './metrics/shadow-metrics.js';

export type Stage =
  'parse' | 'tokenize' | 'queue' | 'batch_wait' | 'infer' | 'postprocess' | 'serialise' | 'total';

export class Metrics {
  readonly registry = new Registry();
  readonly scheduler = schedulerMetrics([this.registry]);
  readonly cascade = cascadeMetrics([this.registry]);
  readonly shadow = shadowMetrics([this.registry]);
  readonly comparison = comparisonMetrics([this.registry]);
  readonly process = processMetrics(this.registry);
  readonly models;
  readonly #requests: Counter;
  readonly #stages: Histogram;

  /** @param gauges read whenever the metrics are */
  constructor(gauges: () => readonly ModelGauges[]) {
    const registers = [this.registry];
    this.models = modelMetrics(registers, gauges);
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
      buckets: secondsBuckets,
      registers,
    });
  }

  request(route: string, status: number | string): void {
    this.#requests.inc({ route, status: String(status) });
  }

  stage(stage: Stage, milliseconds: number): void {
    this.#stages.observe({ stage }, milliseconds / 1000);
  }
}
