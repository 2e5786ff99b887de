/** The configuration of an encoder of the BERT and ERNIE family, and the published shapes. */
import { z } from 'zod';

export const encoderConfigSchema = z
  .strictObject({
    vocabularySize: z.int().positive(),
    layers: z.int().positive(),
    hidden: z.int().positive(),
    heads: z.int().positive(),
    /** Of each layer, where some were pruned; `heads` then still tells their width, hidden / heads. */
    layerHeads: z.array(z.int().positive()).optional(),
    /** Width of the feed-forward network. */
    inner: z.int().positive(),
    /** Rows of the position table. */
    positions: z.int().positive(),
    tokenTypes: z.int().positive(),
    /** ERNIE 2.0 and 3.0's task types; 0 where there are none. */
    taskTypes: z.int().nonnegative(),
    activation: z.enum(['relu', 'gelu', 'gelu_new']),
    layerNormEpsilon: z.number().positive(),
    padId: z.int().nonnegative(),
    /** The position of the first token: 0, or the padding id + 1 in RoBERTa's way of counting. */
    positionOffset: z.int().nonnegative(),
    /** Whether a tanh layer stands between the first token's state and the classifier. */
    pooler: z.boolean(),
    classes: z.int().min(2),
    /** Whether `token_type_ids` is an input; otherwise every token is of type 0. */
    pairs: z.boolean().default(false),
  })
  .refine(({ hidden, heads }) => hidden % heads === 0, { error: 'hidden must be a multiple of heads' })
  .refine(
    ({ layers, heads, layerHeads = [] }) =>
      (layerHeads.length === 0 || layerHeads.length === layers) &&
      layerHeads.every((count) => count <= heads),
    { error: 'layerHeads must have a number for each layer, none above heads' },
  );

export type EncoderConfig = z.infer<typeof encoderConfigSchema>;

/** Tokens that a row may have: those that have a place in the position table. */
export function mostTokens({
  positions,
  positionOffset,
}: Pick<EncoderConfig, 'positions' | 'positionOffset'>): number {
  return positions - positionOffset;
}
