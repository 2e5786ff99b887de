/** Every change of the standard domain that is written here, older ones first. */
import type { OpsetChange } from './change.js';
import { addedAttributes } from './changes/added-attributes.js';
import { batchNormalization } from './changes/batch-normalization.js';
import { gelu } from './changes/gelu.js';
import { layerNormalization } from './changes/layer-normalization.js';
import { movedAttributes } from './changes/moved-attributes.js';
import { addedInput, madeOptional } from './changes/optional-inputs.js';
import { reshapeZero } from './changes/reshape-zero.js';
import { resize } from './changes/resize.js';
import { roiAlign } from './changes/roi-align.js';
import { shapeBounds } from './changes/shape-bounds.js';
import { softmaxAxis } from './changes/softmax-axis.js';
import { splitParts } from './changes/split-parts.js';

const otherReductions = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map(
  (name) => `Reduce${name}`,
);

/** Of the input behind those that were attributes, what it is where the older form means the same. */
const [oneStep, noTraining] = [1, 0];

export const changes: readonly OpsetChange[] = [
  addedAttributes(8, ['MaxPool'], { storage_order: 0 }),
  movedAttributes(10, ['Slice'], ['starts', 'ends', 'axes'], oneStep),
  movedAttributes(10, ['TopK'], ['k']),
  addedAttributes(10, ['AveragePool', 'MaxPool'], { ceil_mode: 0, dilations: null }),
  addedAttributes(11, ['TopK'], { largest: 1, sorted: 1 }),
  addedAttributes(11, ['DepthToSpace'], { mode: 'DCR' }),
  movedAttributes(11, ['Clip'], ['min', 'max']),
  movedAttributes(11, ['Pad'], ['pads', 'value']),
  madeOptional(11, ['Gemm'], 2, 'C'),
  addedAttributes(12, ['ArgMax', 'ArgMin'], { select_last_index: 0 }),
  addedAttributes(12, ['GatherND'], { batch_dims: 0 }),
  addedAttributes(12, ['Dropout'], { seed: null }),
  movedAttributes(12, ['Dropout'], ['ratio'], noTraining),
  movedAttributes(13, ['ReduceSum', 'Squeeze', 'Unsqueeze'], ['axes']),
  movedAttributes(13, ['Split'], ['split']),
  addedAttributes(13, ['ReduceSum'], { noop_with_empty_axes: 0 }),
  addedAttributes(13, ['QuantizeLinear', 'DequantizeLinear'], { axis: 1 }),
  ...resize,
  softmaxAxis,
  batchNormalization,
  addedAttributes(14, ['GRU', 'LSTM', 'RNN'], { layout: 0 }),
  reshapeZero,
  shapeBounds,
  addedAttributes(16, ['ScatterElements', 'ScatterND'], { reduction: 'none' }),
  roiAlign,
  layerNormalization,
  movedAttributes(18, otherReductions, ['axes']),
  addedAttributes(18, otherReductions, { noop_with_empty_axes: 0 }),
  addedAttributes(18, ['LpPool'], { ceil_mode: 0, dilations: null }),
  addedAttributes(18, ['Resize'], { antialias: 0, axes: null, keep_aspect_ratio_policy: 'stretch' }),
  addedInput(18, ['Pad'], 3),
  splitParts,
  addedAttributes(19, ['Cast', 'CastLike', 'QuantizeLinear'], { saturate: 1 }),
  addedAttributes(19, ['AveragePool'], { dilations: null }),
  gelu,
  addedAttributes(21, ['QuantizeLinear', 'DequantizeLinear'], { block_size: 0, output_dtype: 0 }),
  addedAttributes(23, ['QuantizeLinear', 'DequantizeLinear'], { output_dtype: 0, precision: 0 }),
  addedAttributes(24, ['Cast', 'CastLike'], { round_mode: 'up' }),
];
