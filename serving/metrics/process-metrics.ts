/** What the server's own process does: Node's usual metrics, and the delay of its event loop. */
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client';

/** Seconds: fine where a request would feel it. */
const delayBuckets = [
  0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

export function processMetrics(register: Registry) {
  collectDefaultMetrics({ register });
  // These hold the interval of their timer, 10 ms, and forget everything whenever anybody reads them.
  for (const part of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    register.removeSingleMetric(`nodejs_eventloop_lag_${part}_seconds`);
  return {
    eventLoopDelay: new Histogram({
      name: 'retort_event_loop_delay_seconds',
      help: 'How much later than due the main thread ran what was due',
      buckets: delayBuckets,
      registers: [register],
    }),
  };
}
