/** A server's configuration: what `--config` reads, with defaults that work. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fail } from '../core/errors.js';
import { edgeConfigSchema, longestTimerMs } from './edge-config.js';
import { spareHeapMegabytes } from './workers/channel.js';
import { ownSessionSettingsSchema, sessionSettingsSchema } from './session-settings.js';

const share = z.number().min(0).max(1);
const milliseconds = z.number().nonnegative().max(longestTimerMs);

const modelSchema = z.strictObject({
  name: z.string(),
  /** Pins it: the one version that is served; the newest where it is absent. */
  version: z.string().optional(),
  /** A second version for a share of the requests that name none. */
  canary: z.strictObject({ version: z.string(), percent: z.number().min(0).max(100) }).optional(),
  workers: z.int().min(1).max(256).optional(),
  /** Over the settings of all. */
  session: ownSessionSettingsSchema.optional(),
});

export const serveConfigSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** 0 takes a free one. */
  port: z.int().min(0).max(65_535).default(8080),
  /** Holds `<name>/<version>/` bundles. */
  repository: z.string(),
  /** Those that are loaded, the first being the default; null for all of the repository. */
  models: z.array(modelSchema).min(1).nullable().default(null),
  workers: z
    .strictObject({
      /** A model version; null for as many as the CPU quota gives. */
      count: z.int().min(1).max(256).nullable().default(null),
      /** Intra-op threads of each. */
      threads: z.int().min(1).max(256).default(1),
      /** A process survives the native crash of another; a thread takes the server along. */
      isolation: z.enum(['process', 'thread']).default('process'),
      /** Of JavaScript's heap in a worker. */
      heapMegabytes: z.int().positive().default(spareHeapMegabytes),
      /** Resident memory above which a worker process is replaced; null for no ceiling. */
      memoryMegabytes: z.int().positive().nullable().default(2048),
      /** A batch that takes longer means a worker that hangs: it is replaced. */
      batchTimeoutMs: milliseconds.default(60_000),
      /** A load that takes longer means the same: the version is refused. TensorRT builds its engines meanwhile. */
      loadTimeoutMs: milliseconds.default(300_000),
    })
    .prefault({}),
  queue: z
    .strictObject({
      /** Texts that may wait. */
      capacity: z.int().positive().default(1024),
      /** Texts that a worker takes at once. */
      largestBatch: z.int().positive().default(16),
      /** Tokens of a batch, padding counted. */
      tokenBudget: z.int().positive().default(2048),
    })
    .prefault({}),
  limits: z
    .strictObject({
      bodyBytes: z
        .int()
        .positive()
        .default(2 ** 20),
      textCharacters: z.int().positive().default(10_000),
      textsPerRequest: z.int().positive().default(256),
      /** Longest wait for an answer, the queue counted; clients may ask for less. */
      deadlineMs: milliseconds.default(10_000),
    })
    .prefault({}),
  edge: edgeConfigSchema.prefault({}),
  session: sessionSettingsSchema.prefault({}),
  /** Answers kept by text and model version; 0 keeps none. */
  cache: z.strictObject({ megabytes: z.number().nonnegative().default(0) }).prefault({}),
  /** Runs of words that are left out in turn to explain a text. */
  explain: z.strictObject({ runs: z.int().min(1).max(256).default(64) }).prefault({}),
  /** The student answers; below this score the teacher is asked, for at most this share of the texts. */
  cascade: z
    .strictObject({
      student: z.string(),
      teacher: z.string(),
      confidence: share.default(0.8),
      budget: share.default(0.1),
    })
    .nullable()
    .default(null),
  /** The teacher labels a share of the student's texts again, when nothing else waits for it. */
  shadow: z
    .strictObject({
      student: z.string(),
      teacher: z.string(),
      share: share.default(0.01),
      /** Samples that agreement is taken over. */
      window: z.int().positive().default(1000),
      /** Agreement at distillation; that of the student's manifest where it is absent. */
      baseline: share.nullable().default(null),
    })
    .nullable()
    .default(null),
  /** A share of single texts that is run again, static and eager. */
  compare: z.strictObject({ share: share.default(0) }).prefault({}),
  /** Folder of load tests' reports that the page shows; null for none. */
  reports: z.string().nullable().default(null),
  lifeCycle: z
    .strictObject({
      /** Between two looks into the repository; 0 loads only what it is told to. */
      pollSeconds: z
        .number()
        .nonnegative()
        .max(longestTimerMs / 1000)
        .default(0),
      /** From the signal to stop until requests are refused, while readiness is off already. */
      graceMs: milliseconds.default(0),
      /** How long open requests may take after that. */
      drainMs: milliseconds.default(10_000),
    })
    .prefault({}),
});

export type ServeConfig = z.infer<typeof serveConfigSchema>;
/** As it stands in a file: what has a default may be absent. */
export type ServeConfigInput = z.input<typeof serveConfigSchema>;

/**
 * The entries of a file, not checked yet: options of the command line are laid over them first.
 * @throws RetortError config_missing, config_invalid
 */
export async function readConfigFile(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fail('config_missing', { path: file }, error);
  });
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not a JSON object';
    throw fail('config_invalid', { path: file, reason }, error);
  }
}

/**
 * @param source names the configuration in errors
 * @throws RetortError config_invalid
 */
export function parseConfig(entries: unknown, source: string): ServeConfig {
  const parsed = serveConfigSchema.safeParse(entries);
  if (!parsed.success) throw fail('config_invalid', { path: source, reason: z.prettifyError(parsed.error) });
  return parsed.data;
}
