/** Precisions that a bundle's variants may have. */
export const variantPrecisions = ['fp32', 'fp16', 'int8', 'int4'] as const;

/** Schemes of quantisation that only store constants in fewer bits: products are computed in fp32. */
export const schemesComputingInFp32: readonly string[] = ['int8-stored', 'fp16-stored'];
