/** What the page reads of the server's answers; what it does not read may be there. */
import * as z from 'zod/mini';

export const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
});

const attributionSchema = z.object({ text: z.string(), weight: z.number() });

const resultSchema = z.object({
  label: z.string(),
  score: z.number(),
  logits: z.optional(z.array(z.number())),
  /** The teacher that answered instead. */
  answered_by: z.optional(z.string()),
  /** What each piece of the text adds to the label's probability. */
  attributions: z.optional(z.array(attributionSchema)),
});

export const predictionSchema = z.object({
  model: z.string(),
  version: z.string(),
  results: z.array(resultSchema),
  timings: z.object({
    queueMs: z.number(),
    tokenizeMs: z.number(),
    inferMs: z.number(),
    totalMs: z.number(),
  }),
});

const accuracySchema = z.object({
  data: z.string(),
  rows: z.number(),
  accuracy: z.number(),
  interval: z.tuple([z.number(), z.number()]),
});

const variantSchema = z.object({
  precision: z.string(),
  file: z.string(),
  opset: z.number(),
  /** The file of its golden logits; `golden.json` where it is absent. */
  golden: z.optional(z.string()),
});

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  labels: z.array(z.string()),
  network: z.object({ kind: z.string(), config: z.record(z.string(), z.unknown()) }),
  tokenizer: z.looseObject({ kind: z.string() }),
  variants: z.array(variantSchema),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
  accuracy: z.array(accuracySchema),
  calibration: z.nullable(
    z.object({
      temperature: z.number(),
      data: z.string(),
      rows: z.number(),
      error: z.object({ before: z.number(), after: z.number() }),
    }),
  ),
  lineage: z.object({
    createdAt: z.string(),
    command: z.string(),
    seed: z.nullable(z.number()),
    base: z.nullable(z.object({ name: z.string(), sha256: z.string() })),
    teacher: z.nullable(z.string()),
    data: z.array(z.object({ name: z.string(), rows: z.number(), terms: z.string(), sha256: z.string() })),
    settings: z.record(z.string(), z.unknown()),
  }),
});

/** A version in the repository, loaded or not. */
const versionSchema = z.object({
  name: z.string(),
  version: z.string(),
  state: z.enum(['READY', 'LOADING', 'UNAVAILABLE']),
  /** Why it is unavailable; empty where it is not loaded, or ready. */
  reason: z.string(),
  label: z.nullable(z.enum(['stable', 'canary'])),
});

export const modelsSchema = z.object({
  repository: z.array(versionSchema),
  models: z.array(
    z.object({
      ready: z.boolean(),
      workers: z.number(),
      precision: z.string(),
      /** Of the variant that the server runs. */
      file: z.string(),
      manifest: manifestSchema,
    }),
  ),
  limits: z.object({ bodyBytes: z.number(), textCharacters: z.number(), textsPerRequest: z.number() }),
});

/** Of golden logits the page reads how near to them a machine has to come. */
export const goldenSchema = z.object({ tolerance: z.number() });

export type Attribution = z.infer<typeof attributionSchema>;
export type PredictionAnswer = z.infer<typeof predictionSchema>;
export type Variant = z.infer<typeof variantSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
export type Limits = z.infer<typeof modelsSchema>['limits'];
export type ModelState = z.infer<typeof modelsSchema>['models'][number];
export type RepositoryVersion = z.infer<typeof versionSchema>;
