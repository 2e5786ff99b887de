/** What the benchmark of a training step found: the shape of its JSON, and the same as text. */
import { z } from 'zod';
import { machineLine, machineSchema } from '../../core/machine.js';

export const STEP_BENCH_FORMAT = 1;

/** Median over the steps, with a 95 % bootstrap interval. */
const perWordSchema = z.strictObject({
  estimate: z.number(),
  interval: z.tuple([z.number(), z.number()]).readonly(),
});

export const stepBenchSchema = z.strictObject({
  format: z.literal(STEP_BENCH_FORMAT),
  network: z.string(),
  /** How many numbers are trained. */
  parameters: z.int(),
  /** Padding is computed and not counted. */
  microsecondsPerWord: z.strictObject({
    /** The forward graph alone, as dev is evaluated: no part of a step. */
    forward: perWordSchema,
    /** Forward and backward in one graph, dropout masks drawn. */
    gradients: perWordSchema,
    /** Clipping and the optimiser. */
    update: perWordSchema,
    /** Gradients and update. */
    step: perWordSchema,
  }),
  wordsPerSecond: z.number(),
  /** The same step in PyTorch, in turns with ours; null where it was not asked for. */
  pytorch: z
    .strictObject({
      version: z.string(),
      wordsPerSecond: z.number(),
      /** Its time over ours, of neighbouring steps: median with a 95 % bootstrap interval. */
      timeOverOurs: perWordSchema,
    })
    .nullable(),
  /** Of the process, at its peak. */
  largestResidentBytes: z.number(),
  batchSize: z.int(),
  microBatchSize: z.int(),
  length: z.int(),
  steps: z.int(),
  optimizer: z.string(),
  dropout: z.number(),
  threads: z.int(),
  seed: z.int(),
  machine: machineSchema,
});

export type StepBench = z.infer<typeof stepBenchSchema>;

export function renderStepBench(bench: StepBench): string {
  const { forward, gradients, update, step } = bench.microsecondsPerWord;
  const line = (label: string, { estimate, interval: [low, high] }: typeof step) =>
    `${label.padEnd(24)}${estimate.toFixed(1)} µs/word [${low.toFixed(1)}, ${high.toFixed(1)}]`;
  const parts = bench.microBatchSize < bench.batchSize ? ` in parts of ${bench.microBatchSize}` : '';
  return [
    line('forward and backward', gradients),
    line('clipping and update', update),
    line('step', step),
    `${''.padEnd(24)}${bench.wordsPerSecond.toFixed(0)} words/s`,
    ...(bench.pytorch === null ? [] : [pytorchLine(bench.pytorch)]),
    line('forward alone', forward),
    `${'peak resident memory'.padEnd(24)}${(bench.largestResidentBytes / 2 ** 20).toFixed(0)} MiB`,
    `conditions  ${bench.network}, ${(bench.parameters / 1e6).toFixed(1)} million parameters, fp32, ${bench.optimizer}, ` +
      `dropout ${bench.dropout}, batch ${bench.batchSize}${parts}, rows of ${Math.ceil(bench.length / 2)} to ${bench.length} ` +
      `random words (padding is not counted), ${bench.threads} thread${bench.threads === 1 ? '' : 's'}, ${bench.steps} steps after ` +
      `warm-up (seed ${bench.seed}); medians over the steps, 95 % bootstrap interval`,
    `machine     ${machineLine(bench.machine)}`,
  ].join('\n');
}

function pytorchLine({ version, wordsPerSecond, timeOverOurs }: NonNullable<StepBench['pytorch']>): string {
  const [low, high] = timeOverOurs.interval;
  return (
    `${`PyTorch ${version}`.padEnd(24)}${wordsPerSecond.toFixed(0)} words/s; its time over ours ` +
    `${timeOverOurs.estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}], in turns on the same threads`
  );
}
