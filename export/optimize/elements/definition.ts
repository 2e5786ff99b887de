/** How an operator's elements follow from those of its inputs. */
import type { Node, ValueType } from '../../../core/graph/ir.js';
import type { DType } from '../../../core/tensor.js';
import type { Expression } from './expression.js';
import { asNumber, type Polynomial, zero } from './polynomial.js';

export interface DefinitionContext {
  readonly node: Node;
  /** The place of the output that is asked about. */
  readonly output: number;
  /** Of that output, one a dimension. */
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
  const index = shape === null || whole === null ? null : broadcastIndex(shape, whole, context.index);
  return index === null ? null : context.input(place, index);
}

/** Indices of a value of this shape for those of a larger one; null where a dimension may be repeated or not. */
export function broadcastIndex(
  shape: readonly Polynomial[],
  whole: readonly Polynomial[],
  at: readonly Polynomial[],
): Polynomial[] | null {
  const skipped = at.length - shape.length;
  const index = shape.map((length, axis) => {
    if (asNumber(length) === 1) return zero;
    const same = length.key === whole[axis + skipped]?.key;
    return same ? (at[axis + skipped] ?? null) : null;
  });
  return index.every((one) => one !== null) ? index : null;
}
