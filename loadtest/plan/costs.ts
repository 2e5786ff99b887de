/** What serving a model costs, as `retort bench costs` measures it: the shape of its JSON file. */
import { readJsonFile } from '../json-file.js';
import { z } from 'zod';
import { machineSchema } from '../../core/machine.js';

export const COSTS_FORMAT = 4;

const positive = z.number().positive();
const milliseconds = z.number().nonnegative();

export const costsSchema = z.strictObject({
  format: z.literal(COSTS_FORMAT),
  kind: z.literal('serving-costs'),
  bundle: z.string(),
  precision: z.string(),
  provider: z.string(),
  startedAt: z.iso.datetime(),
  machine: machineSchema,
  seed: z.int(),
  /** What one worker, on a core of its own, spends on a batch. */
  worker: z.strictObject({
    /** One run of the session: medians over a grid, whole in rows and lengths. */
    runs: z
      .array(z.strictObject({ rows: z.int().positive(), length: z.int().positive(), ms: positive }))
      .min(1),
    /** A run's time over its cell's median and the pace, ascending and at equal shares of the runs: how much it varies. */
    spread: z.array(positive).min(1),
    tokenizeMsPerCharacter: milliseconds,
    /** Beside that, for each batch: messages, mostly. */
    batchMs: milliseconds,
    /** How much longer a run takes after the worker has slept for so long; ascending, and nothing after no sleep. */
    wake: z.array(z.strictObject({ sleptMs: positive, ms: milliseconds })),
  }),
  /** Processor time of the server's one main thread; `handoverMs` of a batch while its worker waits for the next. */
  main: z.strictObject({ requestMs: milliseconds, batchMs: milliseconds, handoverMs: milliseconds }),
  /** What a client waits beside the server's work, on loopback. */
  wireMs: milliseconds,
  /** Processor time that the load generator takes for a request: it shares the machine in a check. */
  generatorMs: milliseconds,
  /** How fast each of so many busy cores is, one alone being 1; ascending. */
  speeds: z.array(z.strictObject({ busy: z.int().positive(), speed: positive })).min(1),
  /**
   * How much longer all takes than on average, in one window after another: a machine with neighbours is slow for a
   * while, and what waits then waits together.
   */
  pace: z.strictObject({ everyMs: positive, factors: z.array(positive).min(1) }),
  /**
   * Beside the server and its load: which share of the cores' time other programs, the kernel and the machine's host took
   * while it was served, and how long they keep a core.
   */
  interruptions: z.strictObject({ share: z.number().min(0).max(1), lengthsMs: z.array(positive) }),
  memory: z.strictObject({ serverBytes: positive, workerBytes: positive }),
  batching: z.strictObject({
    queueCapacity: z.int().positive(),
    largestBatch: z.int().positive(),
    tokenBudget: z.int().positive(),
    rowByRow: z.boolean(),
    /** The most ids that a text becomes. */
    longestRow: z.int().positive(),
  }),
  /** Of the texts that were sent: characters, and ids. */
  texts: z.array(z.strictObject({ characters: z.int().nonnegative(), ids: z.int().positive() })).min(1),
});

export type ServingCosts = z.infer<typeof costsSchema>;

/** @throws RetortError plan_costs_missing, plan_costs_malformed */
export function readCosts(path: string): Promise<ServingCosts> {
  return readJsonFile(path, costsSchema, {
    missing: 'plan_costs_missing',
    malformed: 'plan_costs_malformed',
  });
}
