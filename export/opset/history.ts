/**
 * The standard domain since opset 7: with which version an operator came, and which changes of form are not written
 * here. Changes of the types that an operator takes alone are left to the runtime's check.
 * Source: the operator schemas of onnx 1.23.
 */

const cameWith: Readonly<Record<number, string>> = {
  8: 'Expand Scan',
  9: 'Acosh Asinh Atanh Compress ConstantOfShape Cosh Erf EyeLike IsNaN MaxUnpool MeanVarianceNormalization NonZero OneHot Scatter Shrink Sign Sinh TfIdfVectorizer Where',
  10: 'ConvInteger DequantizeLinear IsInf MatMulInteger Mod NonMaxSuppression QLinearConv QLinearMatMul QuantizeLinear Resize ReverseSequence RoiAlign StringNormalizer ThresholdedRelu',
  11: 'BitShift ConcatFromSequence CumSum Det DynamicQuantizeLinear GatherElements GatherND Range Round ScatterElements ScatterND SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SplitToSequence Unique',
  12: 'Celu Einsum GreaterOrEqual LessOrEqual NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss',
  14: 'HardSwish Trilu',
  15: 'Bernoulli CastLike Optional OptionalGetElement OptionalHasElement',
  16: 'GridSample',
  17: 'BlackmanWindow DFT HammingWindow HannWindow LayerNormalization MelWeightMatrix STFT SequenceMap',
  18: 'BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CenterCropPad Col2Im GroupNormalization Mish',
  19: 'DeformConv',
  20: 'AffineGrid Gelu ImageDecoder RegexFullMatch StringConcat StringSplit',
  23: 'Attention RMSNormalization RotaryEmbedding',
  24: 'Swish TensorScatter',
  26: 'BitCast CumProd',
};

/** Versions that changed an operator's form or meaning in a way that no change of `changes.ts` writes. */
const unwritten: Readonly<Record<string, readonly number[]>> = {
  Attention: [24, 25],
  BatchNormalization: [9],
  DFT: [20],
  GridSample: [20],
  GroupNormalization: [21],
  OptionalHasElement: [18],
  Resize: [11],
  Scan: [9],
  Scatter: [11],
  Upsample: [9, 10],
};

const came = new Map(
  Object.entries(cameWith).flatMap(([version, names]) =>
    names.split(' ').map((name) => [name, Number(version)] as const),
  ),
);

/** The version with which an operator came; 7 for older ones. */
export function cameWithOpset(opType: string): number {
  return came.get(opType) ?? 7;
}

/** Versions above `low`, up to `high`, that changed an operator in a way that is not written here. */
export function unwrittenChanges(opType: string, low: number, high: number): readonly number[] {
  return (unwritten[opType] ?? []).filter((since) => since > low && since <= high);
}
