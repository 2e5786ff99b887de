/** Precisions that a bundle's variants may have. */
export const variantPrecisions = ['fp32', 'fp16', 'int8', 'int4'] as const;
