/** What a comparison found: the shape of its JSON. */
import { z } from 'zod';
import { machineSchema } from '../../core/machine.js';

export const COMPARISON_FORMAT = 3;

const engineSchema = z.discriminatedUnion('status', [
  z.strictObject({
    /** The engine's name and the precision. */
    label: z.string(),
    name: z.string(),
    precision: z.string(),
    description: z.string(),
    status: z.literal('ran'),
    /** What it computed on. */
    threading: z.string(),
    /** Largest accepted |difference| of a logit from the reference's. */
    tolerance: z.number(),
  }),
  z.strictObject({
    label: z.string(),
    name: z.string(),
    precision: z.string(),
    description: z.string(),
    status: z.literal('absent'),
    reason: z.string(),
    hint: z.string(),
  }),
]);

const timingSchema = z.strictObject({
  label: z.string(),
  /** Of a batch, over the windows that count. */
  medianMs: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  totalMs: z.number(),
  wordsPerSecond: z.number(),
  /**
   * Time of this engine over the reference's on the same batch in the same round: the median, with its 95 %
   * bootstrap interval over the pairs. Null for the reference itself.
   */
  factor: z
    .strictObject({ estimate: z.number(), interval: z.tuple([z.number(), z.number()]).readonly() })
    .nullable(),
  /** Median of each window. */
  windowMediansMs: z.array(z.number()),
  /** The largest of those over the smallest, less 1. */
  windowSpread: z.number(),
  warmupRuns: z.int(),
  /** Null when a logit is not a number, or there are too few or too many. */
  maxLogitDifference: z.number().nullable(),
  /** Texts whose label differs from the reference's. */
  labelFlips: z.int(),
});

const cellSchema = z.strictObject({
  /** `seed`: one sentence, run after run, as the seed's table has it. */
  kind: z.enum(['grid', 'seed']),
  batch: z.int(),
  /** Tokens in every row; null where rows are as long as their texts. */
  length: z.int().nullable(),
  /** Of one round. */
  texts: z.int(),
  words: z.int(),
  /** Timed runs of each batch by each engine. */
  runs: z.int(),
  /** How often the cell was measured: anew while its windows disagreed. The figures are the last one's. */
  measurements: z.int(),
  /** Three windows agree for every engine; null where that is not asked. */
  stable: z.boolean().nullable(),
  timings: z.array(timingSchema),
});

const profileSchema = z.strictObject({
  text: z.string(),
  tokens: z.int(),
  /** Of the text, which every engine needs alike. */
  tokenisationMs: z.number(),
  engines: z.array(
    z.strictObject({
      label: z.string(),
      totalMs: z.number(),
      kernelMs: z.number(),
      dispatchMs: z.number(),
      copiesMs: z.number(),
      ops: z.array(z.strictObject({ op: z.string(), milliseconds: z.number(), count: z.int() })).readonly(),
    }),
  ),
});

const bundleComparisonSchema = z.strictObject({
  bundle: z.strictObject({ name: z.string(), version: z.string(), network: z.string() }),
  /** The first is the reference, whose logits and times the others are held against. */
  engines: z.array(engineSchema),
  cells: z.array(cellSchema),
  profile: profileSchema.nullable(),
});

export const comparisonSchema = z.strictObject({
  format: z.literal(COMPARISON_FORMAT),
  measuredAt: z.iso.datetime(),
  command: z.string(),
  threads: z.int(),
  /** CPUs that the process may run on, as Linux lists them. */
  affinity: z.string().nullable(),
  seed: z.int(),
  bundles: z.array(bundleComparisonSchema),
  /** Every engine's logits are within its tolerance of the reference's. */
  agree: z.boolean(),
  /** No cell is unstable. */
  stable: z.boolean(),
  machine: machineSchema,
});

export type Comparison = z.infer<typeof comparisonSchema>;
export type BundleComparison = z.infer<typeof bundleComparisonSchema>;
export type Cell = z.infer<typeof cellSchema>;
export type Timing = z.infer<typeof timingSchema>;
export type EngineEntry = z.infer<typeof engineSchema>;
export type Profile = z.infer<typeof profileSchema>;

/** What stands over a cell's figures. */
export function cellTitle({ kind, batch, length, words, texts }: Cell): string {
  if (kind === 'seed') return `one sentence of ${String(words)} tokens, batch 1`;
  const tokens =
    length === null ? `texts of ${(words / texts).toFixed(1)} tokens on average` : `${String(length)} tokens`;
  return `batch ${String(batch)}, ${tokens}`;
}

/** The engines that are too far off somewhere, in words. */
export function disagreements({ bundles }: Comparison): string[] {
  return bundles.flatMap(({ bundle, engines, cells }) =>
    engines.flatMap((engine) => {
      if (engine.status === 'absent') return [];
      const found = cells.flatMap(({ timings }) => timings.filter(({ label }) => label === engine.label));
      const differences = found.map(({ maxLogitDifference }) => maxLogitDifference ?? NaN);
      const largest = Math.max(...differences);
      if (largest <= engine.tolerance) return [];
      const off = Number.isNaN(largest) ? 'what is not a number' : largest.toExponential(1);
      return [`${bundle.name} ${engine.label} is off by ${off}, over ${String(engine.tolerance)}`];
    }),
  );
}

/** The cells that are no result, in words. */
export function unstableCells({ bundles }: Comparison): string[] {
  return bundles.flatMap(({ bundle, cells }) =>
    cells.flatMap((cell) => {
      if (cell.stable !== false) return [];
      const worst = [...cell.timings].sort((a, b) => b.windowSpread - a.windowSpread)[0];
      return [
        `${bundle.name}, ${cellTitle(cell)} (${worst?.label ?? ''}: ${((worst?.windowSpread ?? 0) * 100).toFixed(0)} %)`,
      ];
    }),
  );
}
