/** How an operator's elements follow from those of its inputs. */
import type { Node, ValueType } from '../../../core/graph/ir.js';
import type { DType } from '../../../core/tensor.js';
import type { Expression } from './expression.js';
import { asNumber, type Polynomial, zero } from './polynomial.js';

export interface DefinitionContext {
  readonly node: Node;
  /** Of the first output, one a dimension. */
  readonly index: readonly Polynomial[];
  readonly dtype: DType;
  readonly shape: readonly Polynomial[] | null;
  readonly inputType: (place: number) => ValueType | null;
  readonly inputShape: (place: number) => readonly Polynomial[] | null;
  readonly input: (place: number, index: readonly Polynomial[]) => Expression;
  /** The elements of an input that is an integer vector or scalar; null where one cannot be told. */
  readonly integers: (place: number) => readonly Polynomial[] | null;
}

/** null where they cannot be told: then the value is what it is. */
export type Definition = (context: DefinitionContext) => Expression | null;

/** An input's element under NumPy's broadcasting; null where it cannot be told whether a dimension is repeated. */
export function broadcastInput(context: DefinitionContext, place: number): Expression | null {
  const [shape, whole] = [context.inputShape(place), context.shape];
  if (shape === null || whole === null) return null;
  const skipped = context.index.length - shape.length;
  const index = shape.map((length, axis) => {
    if (asNumber(length) === 1) return zero;
    const same = length.key === whole[axis + skipped]?.key;
    return same ? (context.index[axis + skipped] ?? null) : null;
  });
  return index.every((one) => one !== null) ? context.input(place, index) : null;
}
