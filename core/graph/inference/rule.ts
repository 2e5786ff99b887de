/** What an inference rule is, and what several families share. */
import type { Tensor } from '../../tensor.js';
import { fail } from '../../errors.js';
import type { Dimension, Node, ValueType } from '../ir.js';

export interface InferenceContext {
  readonly node: Node;
  /** null where an input is absent or nothing is known of it */
  readonly inputs: readonly (ValueType | null)[];
  /** The contents of an input, where they are known; dimensions of shape arithmetic may be symbols. */
  constant(index: number): Tensor | null;
  /** Types that an enclosing graph or this one gives to a name. */
  readonly scope: TypeScope;
}

export interface TypeScope {
  typeOf(name: string): ValueType | undefined;
  constantOf(value: { readonly name: string }): Tensor | null;
}

/** Types of the node's outputs, in order; undefined, or fewer than the node has, where nothing is known. */
export type InferenceRule = (context: InferenceContext) => readonly (ValueType | undefined)[];

export type InferenceRules = Readonly<Record<string, InferenceRule>>;

export type Shape = readonly Dimension[];

/** The shape that NumPy's broadcasting gives; null in a place where two dimensions cannot be compared. */
export function broadcast(node: Node, ...shapes: (Shape | null)[]): Shape | null {
  let result: Shape = [];
  for (const shape of shapes) {
    if (shape === null) return null;
    result = broadcastPair(node, result, shape);
  }
  return result;
}

function broadcastPair(node: Node, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index) => {
    const left = a[index - (rank - a.length)] === undefined ? 1 : (a[index - (rank - a.length)] ?? null);
    const right = b[index - (rank - b.length)] === undefined ? 1 : (b[index - (rank - b.length)] ?? null);
    if (left === right) return left;
    if (left === 1) return right;
    if (right === 1) return left;
    if (typeof left === 'number' && typeof right === 'number') throw contradiction(node, a, b);
    if (typeof left === 'number') return left;
    return typeof right === 'number' ? right : null;
  });
}

/** @returns RetortError graph_shape_mismatch, for the caller to throw */
export function contradiction(node: Node, a: Shape, b: Shape): Error {
  return fail('graph_shape_mismatch', {
    node: node.name,
    operator: node.opType,
    left: printShape(a),
    right: printShape(b),
  });
}

export function printShape(shape: Shape | null): string {
  return shape === null ? '[...]' : `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}

/** An axis counted from the front. @throws RetortError graph_axis_outside */
export function normalAxis({ name, opType }: Node, axis: number, rank: number): number {
  if (axis < -rank || axis >= rank)
    throw fail('graph_axis_outside', { operator: opType, node: name, axis, rank });
  return axis < 0 ? axis + rank : axis;
}

export function intAttribute({ attributes }: Node, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute?.kind === 'int' ? attribute.value : otherwise;
}

export function intsAttribute({ attributes }: Node, name: string): readonly number[] | null {
  const attribute = attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : null;
}

/** An input's contents as numbers, where known. */
export function numbersAt(context: InferenceContext, index: number): readonly number[] | null {
  const tensor = context.constant(index);
  return tensor === null ? null : Array.from(tensor.data, Number);
}

/** Axes given as an attribute or, in newer opsets, as an input. */
export function axesOf(context: InferenceContext, index: number): readonly number[] | null {
  return intsAttribute(context.node, 'axes') ?? numbersAt(context, index);
}

/** No runtime has values of so many axes; a file may declare any length of a shape. */
const mostAxes = 64;

/** The number of axes that a shape of this length tells of; null where it is not known, or none there can be. */
export function rankTold(length: Dimension | undefined): number | null {
  return typeof length === 'number' && length <= mostAxes ? length : null;
}
