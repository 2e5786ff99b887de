/** What the queues and their workers count. */
import { Counter, Histogram, type Registry } from 'prom-client';

export function schedulerMetrics(registers: Registry[]) {
  return {
    batchRows: new Histogram({
      name: 'retort_batch_rows',
      help: 'Texts that a worker took at once',
      labelNames: ['model'],
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers,
    }),
    batches: new Counter({
      name: 'retort_batches_total',
      help: 'Batches by the reason why they were no larger',
      labelNames: ['model', 'reason'],
      registers,
    }),
    tokens: new Counter({
      name: 'retort_tokens_total',
      help: 'Tokens that texts have',
      labelNames: ['model'],
      registers,
    }),
    paddingTokens: new Counter({
      name: 'retort_padding_tokens_total',
      help: 'Tokens that were computed only to fill a batch',
      labelNames: ['model'],
      registers,
    }),
    deadlineMisses: new Counter({
      name: 'retort_deadline_misses_total',
      help: 'Requests whose deadline passed',
      labelNames: ['model'],
      registers,
    }),
    workerRestarts: new Counter({
      name: 'retort_worker_restarts_total',
      help: 'Workers that were replaced, by cause',
      labelNames: ['model', 'cause'],
      registers,
    }),
    cacheRequests: new Counter({
      name: 'retort_cache_requests_total',
      help: 'Texts looked up in the result cache, by result',
      labelNames: ['model', 'result'],
      registers,
    }),
  };
}
