/** What is loaded, and what each loaded version has in hand. */
import { Counter, Gauge, type Registry } from 'prom-client';

/** Of one loaded version, read when the metrics are. */
export interface ModelGauges {
  readonly model: string;
  readonly version: string;
  /** stable, canary, or empty for one that drains. */
  readonly label: string;
  readonly provider: string;
  readonly precision: string;
  readonly queueDepth: number;
  readonly readyWorkers: number;
  /** Of its worker processes; null where the system does not say. */
  readonly residentBytes: number | null;
  /** Of the worker processes that run now; null where the system does not say. */
  readonly processorSeconds: number | null;
}

export function modelMetrics(registers: Registry[], read: () => readonly ModelGauges[]) {
  const gauge = (
    name: string,
    help: string,
    value: (one: ModelGauges) => number | null,
    labels: readonly ('label' | 'provider' | 'precision')[] = [],
  ) =>
    new Gauge({
      name,
      help,
      labelNames: ['model', 'version', ...labels],
      registers,
      collect() {
        this.reset();
        for (const one of read()) {
          const { model, version } = one;
          const extra = Object.fromEntries(labels.map((label) => [label, one[label]]));
          const found = value(one);
          if (found !== null) this.set({ model, version, ...extra }, found);
        }
      },
    });
  gauge('retort_queue_depth', 'Texts that wait', ({ queueDepth }) => queueDepth);
  gauge('retort_workers_ready', 'Workers that are loaded', ({ readyWorkers }) => readyWorkers);
  gauge(
    'retort_worker_resident_memory_bytes',
    'Resident memory of a version’s worker processes together',
    ({ residentBytes }) => residentBytes,
  );
  gauge(
    'retort_worker_cpu_seconds',
    'Processor time of the worker processes that a version has now',
    ({ processorSeconds }) => processorSeconds,
  );
  gauge('retort_model_info', 'Loaded versions, with label, execution provider and precision', () => 1, [
    'label',
    'provider',
    'precision',
  ]);
  return {
    loads: new Counter({
      name: 'retort_model_loads_total',
      help: 'Versions that were loaded or refused',
      labelNames: ['model', 'result'],
      registers,
    }),
  };
}
