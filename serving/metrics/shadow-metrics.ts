/** How the student and its shadowing teacher agree. */
import { Counter, Gauge, type Registry } from 'prom-client';

export function shadowMetrics(registers: Registry[]) {
  const labelNames = ['model'];
  return {
    samples: new Counter({
      name: 'retort_shadow_samples_total',
      help: 'Texts sampled for the shadow, by result',
      labelNames: ['model', 'result'],
      registers,
    }),
    flips: new Counter({
      name: 'retort_shadow_flips_total',
      help: 'Texts that the teacher labels otherwise, by both labels',
      labelNames: ['model', 'student', 'teacher'],
      registers,
    }),
    agreement: new Gauge({
      name: 'retort_shadow_agreement_ratio',
      help: 'Share of the latest samples on whose label both agree',
      labelNames,
      registers,
    }),
    divergence: new Gauge({
      name: 'retort_shadow_kl_nats',
      help: 'Mean KL divergence of the student from the teacher over the latest samples',
      labelNames,
      registers,
    }),
    drift: new Gauge({
      name: 'retort_shadow_drift',
      help: '1 while agreement is below the baseline beyond chance',
      labelNames,
      registers,
    }),
  };
}
