/** What one run of the accuracy report found, and what several of them come to. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { z } from 'zod';

const countedSchema = z.strictObject({ data: z.string(), rows: z.int(), correct: z.int() });

export const resultSchema = z.strictObject({
  format: z.literal(1),
  experiment: z.string(),
  seed: z.int(),
  /** On each evaluation split. */
  scores: z.array(countedSchema),
  /** Rows of dev that get the teachers' label. */
  agreement: countedSchema.nullable(),
  parameters: z.int(),
  bytes: z.int(),
  wordsPerSecond: z.number(),
  /** That training took. */
  seconds: z.number(),
  /** That it was trained on. */
  machine: z.string(),
  /** Of everything that the run depends on. */
  fingerprint: z.string(),
});

export type Result = z.infer<typeof resultSchema>;

export interface Estimate {
  readonly mean: number;
  /** Half the width of the 95 % interval of the mean over seeds, by Student's t; null for one seed. */
  readonly reach: number | null;
  readonly seeds: number;
}

/** The 0.975 quantile of Student's t by degrees of freedom, from 1 on; beyond, the last is close enough above. */
const quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

export function estimateOf(values: readonly number[]): Estimate {
  const seeds = values.length;
  if (seeds < 2) return { mean: mean([...values]), reach: null, seeds };
  const quantile = quantiles[Math.min(seeds - 1, quantiles.length) - 1] ?? Number.NaN;
  return {
    mean: mean([...values]),
    reach: (quantile * sampleStandardDeviation([...values])) / Math.sqrt(seeds),
    seeds,
  };
}
