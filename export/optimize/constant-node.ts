/** What a Constant node holds. */
import type { Node } from '../../core/graph/ir.js';
import { float32, int64, type Tensor } from '../../core/tensor.js';

/** null for any other node, and for strings and sparse tensors. */
export function constantOf({ opType, domain, attributes }: Node): Tensor | null {
  if (opType !== 'Constant' || domain !== '') return null;
  const { value, value_int: int, value_float: float, value_ints: ints, value_floats: floats } = attributes;
  if (value?.kind === 'tensor') return value.value;
  if (int?.kind === 'int') return int64([int.value], []);
  if (float?.kind === 'float') return float32([float.value], []);
  if (ints?.kind === 'ints') return int64(ints.value);
  return floats?.kind === 'floats' ? float32(floats.value) : null;
}
