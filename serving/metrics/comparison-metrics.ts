/** Live static against eager execution. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { secondsBuckets } from './seconds-buckets.js';

export function comparisonMetrics(registers: Registry[]) {
  return {
    seconds: new Histogram({
      name: 'retort_compare_seconds',
      help: 'Sampled texts, run again by each engine on one thread',
      labelNames: ['model', 'engine'],
      buckets: secondsBuckets,
      registers,
    }),
    dropped: new Counter({
      name: 'retort_compare_dropped_total',
      help: 'Samples dropped because one was still running',
      labelNames: ['model'],
      registers,
    }),
    largestDifference: new Gauge({
      name: 'retort_compare_max_logit_difference',
      help: 'Largest |logit difference| between static and eager so far',
      labelNames: ['model'],
      registers,
    }),
    /** bound: estimate, low, high. */
    speedup: new Gauge({
      name: 'retort_compare_speedup',
      help: 'Median of eager over static time over the latest samples, with its 95 % interval',
      labelNames: ['model', 'bound'],
      registers,
    }),
    saved: new Gauge({
      name: 'retort_compare_difference_seconds',
      help: 'Median of eager less static time over the latest samples, with its 95 % interval',
      labelNames: ['model', 'bound'],
      registers,
    }),
  };
}
