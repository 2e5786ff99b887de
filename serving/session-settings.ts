/** How a worker's session computes: variant, execution provider, ONNX Runtime's own entries. */
import { z } from 'zod';
import { variantPrecisions } from '../core/bundle/precisions.js';
import { providerNames } from '../core/engines/providers.js';

const fields = {
  /** auto: the first of those built into ONNX Runtime that opens. */
  provider: z.enum(['auto', ...providerNames]),
  /** Whether the CPU computes where the provider cannot be opened; auto always falls back. */
  fallback: z.boolean(),
  /** The variant that is served; auto: int8 where the bundle has it and this CPU is quick at it; on CUDA what
   * computes in fp16; else the first. */
  precision: z.enum(['auto', ...variantPrecisions]),
  /** Whether idle intra-op threads spin: quicker to wake, at the cost of a busy core. */
  spinning: z.boolean(),
  optimization: z.enum(['disabled', 'basic', 'extended', 'all']),
  /** Further session options by ONNX Runtime's names, passed on as they are. */
  extra: z.record(z.string(), z.unknown()),
};

export const sessionSettingsSchema = z.strictObject({
  provider: fields.provider.default('cpu'),
  fallback: fields.fallback.default(false),
  precision: fields.precision.default('auto'),
  spinning: fields.spinning.default(false),
  optimization: fields.optimization.default('all'),
  extra: fields.extra.default({}),
});

/** What a model has otherwise than the others. */
export const ownSessionSettingsSchema = z.strictObject(fields).partial();

export type SessionSettings = z.infer<typeof sessionSettingsSchema>;

export const defaultSessionSettings: SessionSettings = sessionSettingsSchema.parse({});
