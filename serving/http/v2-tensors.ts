/** Inference requests of the Open Inference Protocol v2 as JSON writes them. */
import { z } from 'zod';

const parametersSchema = z.record(z.string(), z.unknown()).optional();

const inputSchema = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  datatype: z.string(),
  parameters: parametersSchema,
  data: z.array(z.unknown()),
});

export const inferRequestSchema = z.looseObject({
  id: z.string().optional(),
  parameters: parametersSchema,
  inputs: z.array(inputSchema).min(1),
  outputs: z.array(z.looseObject({ name: z.string(), parameters: parametersSchema })).optional(),
});
