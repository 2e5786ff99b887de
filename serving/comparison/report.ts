/** What a comparison found: the shape of its JSON, and the same as a table. */
import Table from 'cli-table3';
import { z } from 'zod';
import { machineLine, machineSchema } from '../../core/machine.js';

export const COMPARISON_FORMAT = 1;

const engineResultSchema = z.discriminatedUnion('status', [
  z.strictObject({
    name: z.string(),
    description: z.string(),
    status: z.literal('ran'),
    /** Of a batch. */
    medianMs: z.number(),
    p95Ms: z.number(),
    wordsPerSecond: z.number(),
    /**
     * Time of this engine over the reference's on the same batch in the same round: the median, with its 95 %
     * bootstrap interval over the pairs. Null for the reference itself.
     */
    factor: z
      .strictObject({ estimate: z.number(), interval: z.tuple([z.number(), z.number()]).readonly() })
      .nullable(),
    /** Null when a logit is not a number, or there are too few or too many. */
    maxLogitDifference: z.number().nullable(),
    /** Texts whose label differs from the reference's. */
    labelFlips: z.number(),
  }),
  z.strictObject({
    name: z.string(),
    description: z.string(),
    status: z.literal('absent'),
    reason: z.string(),
    hint: z.string(),
  }),
]);

export const comparisonSchema = z.strictObject({
  format: z.literal(COMPARISON_FORMAT),
  bundle: z.strictObject({ name: z.string(), version: z.string() }),
  /** Of the stored weights; every engine computes in fp32. */
  precision: z.string(),
  texts: z.int(),
  words: z.int(),
  batch: z.int(),
  threads: z.int(),
  runs: z.int(),
  seed: z.int(),
  tolerance: z.number(),
  engines: z.array(engineResultSchema),
  /** Every engine's logits are within the tolerance of the reference's. */
  agree: z.boolean(),
  machine: machineSchema,
});

export type EngineResult = z.infer<typeof engineResultSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;

export function renderComparison(comparison: Comparison): string {
  const ran = comparison.engines.filter((engine) => engine.status === 'ran');
  const reference = ran[0]?.name ?? '';
  const table = new Table({
    head: ['engine', 'median ms', 'p95 ms', 'words/s', `speed-up of ${reference}`, '|logit diff|', 'flips'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const engine of ran) {
    table.push([
      engine.name,
      engine.medianMs.toFixed(2),
      engine.p95Ms.toFixed(2),
      engine.wordsPerSecond.toFixed(0),
      engine.factor === null ? '' : times(engine.factor),
      engine.maxLogitDifference?.toExponential(1) ?? 'NaN',
      String(engine.labelFlips),
    ]);
  }
  const { bundle, precision, texts, words, batch, threads, runs, seed, tolerance } = comparison;
  const lines = [table.toString()];
  for (const engine of ran) lines.push(`${engine.name}: ${engine.description}`);
  for (const engine of comparison.engines) {
    if (engine.status === 'absent') lines.push(`${engine.name}: left out. ${engine.reason} ${engine.hint}`);
  }
  for (const engine of ran) {
    if (agrees(engine.maxLogitDifference, tolerance)) continue;
    const difference = engine.maxLogitDifference?.toExponential(1) ?? 'what is not a number';
    lines.push(
      `${engine.name} DISAGREES with ${reference}: a logit is off by ${difference}, over ${tolerance}`,
    );
  }
  lines.push(
    `conditions  ${bundle.name}/${bundle.version} ${precision}, ${texts} texts of ${(words / texts).toFixed(1)} words on average, ` +
      `batch ${batch}, ${threads} thread${threads === 1 ? '' : 's'} each, ${runs} timed runs after warm-up, interleaved in ` +
      `random order (seed ${seed}); tokenisation is not timed; factors are medians of paired ratios, 95 % bootstrap interval`,
    `machine     ${machineLine(comparison.machine)}`,
  );
  return lines.join('\n');
}

/** Whether a largest difference is one that the comparison accepts. */
export function agrees(maxLogitDifference: number | null, tolerance: number): boolean {
  return maxLogitDifference !== null && maxLogitDifference <= tolerance;
}

function times({
  estimate,
  interval: [low, high],
}: {
  estimate: number;
  interval: readonly [number, number];
}): string {
  return `${estimate.toFixed(2)}x [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
