/** What the generator's process and the one that started it tell each other. */
import { z } from 'zod';
import { progressSchema, runResultSchema } from '../measurement.js';
import { arrivalKinds, stageSchema } from './arrivals.js';

const targetSchema = z.discriminatedUnion('protocol', [
  z.strictObject({
    protocol: z.literal('http'),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    /** JSON; each request sends one of them, drawn by the seed. */
    bodies: z.array(z.string()).min(1).readonly(),
    timeoutMs: z.number().positive(),
  }),
  z.strictObject({
    protocol: z.literal('grpc'),
    address: z.string(),
    model: z.string(),
    headers: z.record(z.string(), z.string()),
    texts: z.array(z.array(z.string()).min(1).readonly()).min(1).readonly(),
    timeoutMs: z.number().positive(),
  }),
]);
export type Target = z.infer<typeof targetSchema>;

const planSchema = z.strictObject({
  stages: z.array(stageSchema).min(1),
  arrivals: z.enum(arrivalKinds),
  seed: z.int(),
  /** Before the stages, and not measured. */
  warmupSeconds: z.number().nonnegative(),
  maxInFlight: z.int().positive(),
});
export type Plan = z.infer<typeof planSchema>;

export const commandSchema = z.discriminatedUnion('kind', [
  /** Comes first, and once. */
  z.strictObject({ kind: z.literal('target'), target: targetSchema }),
  /** Connections are kept from one run to the next. */
  z.strictObject({ kind: z.literal('run'), plan: planSchema }),
  z.strictObject({ kind: z.literal('stop') }),
]);
export type Command = z.infer<typeof commandSchema>;

export const reportSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('progress'), progress: progressSchema }),
  z.strictObject({ kind: z.literal('finished'), result: runResultSchema }),
]);
export type Report = z.infer<typeof reportSchema>;
