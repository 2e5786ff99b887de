/** A bundle's manifest: what a folder `<name>/<version>/` holds and where it came from. */
import { z } from 'zod';
import { bundleNamePattern } from './name-pattern.js';
import { variantPrecisions } from './precisions.js';

export const BUNDLE_FORMAT = 1;

const portSchema = z.strictObject({
  name: z.string(),
  dtype: z.enum(['float32', 'float64', 'float16', 'int64', 'int32', 'int8', 'uint8', 'bool']),
  /** A string is a dynamic axis. */
  shape: z.array(z.union([z.int().nonnegative(), z.string()])),
});

/** The kind of a network that is known by its graph alone: one that was imported. */
export const FOREIGN_NETWORK = 'onnx';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** A file of the bundle, relative to its folder; never a path that leaves it. */
const fileSchema = z.strictObject({
  path: z.string().regex(/^[\w][\w.-]*$/),
  bytes: z.int().nonnegative(),
  sha256: sha256Schema,
});

const variantSchema = z.strictObject({
  precision: z.enum(variantPrecisions),
  file: z.string(),
  opset: z.int(),
  irVersion: z.int(),
  /** How it was quantised, and the form of its weights; absent where it was not. */
  scheme: z.string().optional(),
  weights: z.string().optional(),
  /** That it has the form that runs fastest on a CPU, with more and plainer operators. */
  latency: z.literal(true).optional(),
  /** Its golden logits; those of `golden.json` where it is absent. */
  golden: z.string().optional(),
});

/** What divides the logits before the softmax, and the expected calibration error without and with it. */
const calibrationSchema = z.strictObject({
  temperature: z.number().positive(),
  /** That it was fitted on. */
  data: z.string(),
  rows: z.int(),
  error: z.strictObject({ before: z.number(), after: z.number() }),
});

const accuracySchema = z.strictObject({
  data: z.string(),
  rows: z.int(),
  correct: z.int(),
  accuracy: z.number().min(0).max(1),
  /** Wilson score interval, 95 %. */
  interval: z.tuple([z.number(), z.number()]),
});

/** How often a student's label is its teacher's, when it was distilled: what a shadow's agreement is held against. */
const agreementSchema = z.strictObject({
  teacher: z.string(),
  data: z.string(),
  rows: z.int(),
  rate: z.number().min(0).max(1),
});

export const manifestSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  name: z.string().regex(bundleNamePattern),
  version: z.string().regex(bundleNamePattern),
  task: z.literal('text-classification'),
  /** In the order of the logits. */
  labels: z.tuple([z.literal('negative'), z.literal('positive')]),
  network: z.strictObject({ kind: z.string(), config: z.record(z.string(), z.unknown()) }),
  /** Read by the tokenizer of its kind. */
  tokenizer: z.looseObject({ kind: z.string() }),
  inputs: z.array(portSchema),
  outputs: z.array(portSchema),
  /** The first is the default. */
  variants: z.array(variantSchema).min(1),
  /** Every file beside the manifest; the reader checks them all. */
  files: z.array(fileSchema),
  accuracy: z.array(accuracySchema),
  /** null: the score is the softmax of the logits. */
  calibration: calibrationSchema.nullable().default(null),
  agreement: agreementSchema.optional(),
  lineage: z.strictObject({
    createdAt: z.iso.datetime(),
    producer: z.string(),
    command: z.string(),
    seed: z.int().nullable(),
    /** The pretrained checkpoint that training started from; null where there is none. */
    base: z.strictObject({ name: z.string(), sha256: sha256Schema }).nullable(),
    teacher: z.string().nullable(),
    data: z.array(
      z.strictObject({ name: z.string(), sha256: sha256Schema, rows: z.int(), terms: z.string() }),
    ),
    settings: z.record(z.string(), z.unknown()),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** `golden.json`: inputs with the logits that the validated export gave, for the parity check when a version loads. */
export const goldenSchema = z.strictObject({
  /** Largest accepted |difference| of a logit. */
  tolerance: z.number().positive(),
  cases: z
    .array(z.strictObject({ text: z.string(), ids: z.array(z.int()), logits: z.array(z.number()) }))
    .min(1),
});

export type Golden = z.infer<typeof goldenSchema>;
