/** What the cascade counts. */
import { Counter, type Registry } from 'prom-client';

export function cascadeMetrics(registers: Registry[]) {
  return {
    /** outcome: confident, escalated, or why the teacher was not asked or did not answer. */
    outcomes: new Counter({
      name: 'retort_cascade_texts_total',
      help: 'Texts that the student answered, by what became of them',
      labelNames: ['model', 'outcome'],
      registers,
    }),
  };
}
