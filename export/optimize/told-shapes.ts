/** Shapes that an operator is told by a value of which the elements are known, though they are no numbers. */
import type { Node } from '../../core/graph/ir.js';
import type { Elements } from './elements/elements.js';
import { asNumber, constant, divide, one, type Polynomial, product } from './elements/polynomial.js';

type Told = (node: Node, elements: Elements) => readonly Polynomial[] | null;

/** The shape of a node's first output; null where nothing tells it. */
export function toldShape(node: Node, elements: Elements): readonly Polynomial[] | null {
  return node.domain === '' ? (told[node.opType]?.(node, elements) ?? null) : null;
}

const told: Readonly<Record<string, Told>> = {
  Reshape: ({ inputs, attributes }, elements) => {
    const [wanted, from] = [elements.integers(inputs[1] ?? ''), elements.shape(inputs[0] ?? '')];
    if (wanted === null || from === null) return null;
    const zeroIsCopied = attributes.allowzero?.value !== 1;
    const sizes = wanted.map((length, axis) =>
      asNumber(length) === 0 && zeroIsCopied ? (from[axis] ?? one) : length,
    );
    const open = sizes.findIndex((length) => asNumber(length) === -1);
    if (open < 0) return sizes;
    const rest = sizes.toSpliced(open, 1).reduce(product, one);
    const divided = divide(from.reduce(product, one), rest);
    return divided === null || asNumber(divided.remainder) !== 0 ? null : sizes.with(open, divided.quotient);
  },
  Expand: ({ inputs }, elements) => {
    const [wanted, from] = [elements.integers(inputs[1] ?? ''), elements.shape(inputs[0] ?? '')];
    if (wanted === null || from === null) return null;
    const rank = Math.max(wanted.length, from.length);
    const at = (sizes: readonly Polynomial[], axis: number) => sizes[axis - (rank - sizes.length)] ?? one;
    return Array.from({ length: rank }, (_, axis) => {
      const [had, asked] = [at(from, axis), at(wanted, axis)];
      return asNumber(asked) === 1 ? had : asked;
    });
  },
  ConstantOfShape: ({ inputs }, elements) => elements.integers(inputs[0] ?? ''),
  Range: ({ inputs }, elements) => {
    const [start, limit, step] = inputs.map((input) => elements.integers(input)?.[0]);
    if (start === undefined || limit === undefined || asNumber(step ?? constant(0)) !== 1) return null;
    return asNumber(start) === 0 ? [limit] : null;
  },
  Slice: ({ inputs: [x = '', starts = '', ends = '', axes = '', steps = ''] }, elements) => {
    const [shape, from, to] = [elements.shape(x), elements.integers(starts), elements.integers(ends)];
    const isOne = (step: Polynomial) => asNumber(step) === 1;
    if (steps !== '' && elements.integers(steps)?.every(isOne) !== true) return null;
    if (shape === null || from === null || to === null || axes === '') return null;
    const places = elements.integers(axes)?.map(asNumber) ?? [];
    const sizes = [...shape];
    for (const [place, axis] of places.entries()) {
      const [start, end] = [from[place], to[place]];
      if (axis === null || start === undefined || end === undefined) return null;
      // An end is clamped to the length, unless it is that; one that is a size was meant to be within a table's.
      const at = axis < 0 ? axis + shape.length : axis;
      const length = shape[at];
      const isTable = length !== undefined && (asNumber(length) ?? 0) > 1;
      if (asNumber(start) !== 0 || asNumber(end) !== null) return null;
      if (!isTable && length?.key !== end.key) return null;
      sizes[at] = end;
    }
    return sizes;
  },
};
