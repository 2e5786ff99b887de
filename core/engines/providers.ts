/** ONNX Runtime's execution providers, by the names that its Node package takes. */

export const providerNames = ['cpu', 'cuda', 'tensorrt', 'coreml', 'dml', 'webgpu'] as const;

export type ProviderName = (typeof providerNames)[number];

/** Those that `auto` tries before the CPU, in this order. */
export const acceleratorNames: readonly ProviderName[] = ['tensorrt', 'cuda', 'coreml', 'dml'];
