/** What the symbols in the shapes of a step's inputs stand for. */
import type { Dimension } from '../core/graph/ir.js';

export interface StepSizes {
  readonly batch_size: number;
  readonly sequence_length: number;
}

/** @throws RangeError for a symbol that a step does not know */
export function sizeIn(sizes: StepSizes, dimension: Dimension): number {
  if (typeof dimension === 'number') return dimension;
  if (dimension === 'batch_size' || dimension === 'sequence_length') return sizes[dimension];
  throw new RangeError(`a step has no size for the dimension ${String(dimension)}`);
}
