/**
 * What a value of a graph holds, element by element, as far as operators that move, copy, count and select can be
 * followed. Every exporter spells a mask, a position or a split into heads in its own way; what an element is in the
 * end, read this way, is the same for all of them.
 */
import type { Node, ValueType } from '../../../core/graph/ir.js';
import { type Tensor, toNumbers } from '../../../core/tensor.js';
import { arithmeticDefinitions } from './arithmetic.js';
import { broadcastIndex, type Definition } from './definition.js';
import { always, type Expression, nonzero, not, numeric, positive, select, truth } from './expression.js';
import { movementDefinitions } from './movement.js';
import {
  asNumber,
  constant,
  difference,
  element,
  type Polynomial,
  product,
  size,
  sum,
} from './polynomial.js';
import { triangleOf } from './triangle.js';

/** What is asked of a graph. */
export interface ElementSource {
  producer(value: string): Node | undefined;
  constant(value: string): Tensor | null;
  typeOf(value: string): ValueType | undefined;
  /** A dimension that is an expression of others. */
  composite(dimension: string): Polynomial | undefined;
}

const definitions: Readonly<Record<string, Definition>> = {
  ...movementDefinitions,
  ...arithmeticDefinitions,
};
/** Operators whose definition is one of every output. */
const withSeveralOutputs: readonly string[] = ['Split', 'TopK'];
/** Of constants, those that are looked into; larger ones are weights. */
const largestConstant = 1 << 16;
/** Of operators that are followed from one value. */
const deepest = 400;

export class Elements {
  readonly #source: ElementSource;
  readonly #known = new Map<string, Expression>();
  readonly #linear = new Map<string, readonly number[] | null>();
  #depth = 0;

  constructor(source: ElementSource) {
    this.#source = source;
  }

  /** The element at these indices, one a dimension. */
  at(value: string, at: readonly Polynomial[]): Expression {
    const key = `${value}[${at.map((one) => one.key).join(',')}]`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#depth < deepest ? this.#find(value, at) : this.#leaf(value, at);
    this.#known.set(key, found);
    return found;
  }

  /** The element that stands at these indices of a larger shape, under NumPy's broadcasting; null where that is not known. */
  broadcast(value: string, shape: readonly Polynomial[], at: readonly Polynomial[]): Expression | null {
    const own = this.shape(value);
    const index = own === null ? null : broadcastIndex(own, shape, at);
    return index === null ? null : this.at(value, index);
  }

  /** The dimensions; null where the rank is not known. */
  shape(value: string): Polynomial[] | null {
    const shape = this.#source.typeOf(value)?.shape;
    if (shape == null) return null;
    return shape.map((dimension, axis) => {
      if (typeof dimension === 'number') return constant(dimension);
      if (dimension === null) return size(`${value}#${String(axis)}`);
      return this.#source.composite(dimension) ?? size(dimension);
    });
  }

  /** The elements of an integer vector or scalar; null where one cannot be told. */
  integers(value: string): Polynomial[] | null {
    const type = this.#source.typeOf(value);
    if (type?.shape == null || (type.dtype !== 'int64' && type.dtype !== 'int32')) return null;
    if (type.shape.length > 1) return null;
    const isScalar = type.shape.length === 0;
    const length = isScalar ? 1 : (type.shape[0] ?? null);
    if (typeof length !== 'number') return null;
    const found: Polynomial[] = [];
    for (let place = 0; place < length; place += 1) {
      const one = this.at(value, isScalar ? [] : [constant(place)]);
      if (one.kind !== 'number') return null;
      found.push(one.value);
    }
    return found;
  }

  #find(value: string, at: readonly Polynomial[]): Expression {
    const tensor = this.#source.constant(value);
    if (tensor !== null) return this.#ofConstant(value, tensor, at);
    const node = this.#source.producer(value);
    const definition = node?.domain === '' ? definitions[node.opType] : undefined;
    const output = node?.outputs.indexOf(value) ?? 0;
    if (node === undefined || definition === undefined) return this.#leaf(value, at);
    if (output > 0 && !withSeveralOutputs.includes(node.opType)) return this.#leaf(value, at);
    this.#depth += 1;
    const found = definition({
      node,
      output,
      index: at,
      dtype: this.#source.typeOf(value)?.dtype ?? 'float32',
      shape: this.shape(value),
      inputType: (place) => this.#source.typeOf(node.inputs[place] ?? '') ?? null,
      inputShape: (place) => this.shape(node.inputs[place] ?? ''),
      input: (place, index) => this.at(node.inputs[place] ?? '', index),
      integers: (place) => this.integers(node.inputs[place] ?? ''),
    });
    this.#depth -= 1;
    return found ?? this.#leaf(value, at);
  }

  #leaf(value: string, at: readonly Polynomial[]): Expression {
    const dtype = this.#source.typeOf(value)?.dtype ?? 'float32';
    const atom = element(value, at, /^(u?int|bool)/.test(dtype));
    return dtype === 'bool' ? truth(nonzero(atom)) : numeric(atom);
  }

  #ofConstant(value: string, tensor: Tensor, at: readonly Polynomial[]): Expression {
    if (tensor.data.length > largestConstant || tensor.dtype === 'float16') return this.#leaf(value, at);
    const wrap = (found: Polynomial) =>
      tensor.dtype === 'bool' ? always(asNumber(found) !== 0) : numeric(found);
    const numbers = at.map(asNumber);
    if (numbers.every((one) => one !== null)) {
      const offset = tensor.shape.reduce((place, length, axis) => {
        const one = numbers[axis] ?? 0;
        return place * length + (one < 0 ? one + length : one);
      }, 0);
      const found = tensor.data[offset];
      if (found !== undefined) return wrap(constant(Number(found)));
    }
    const linear = this.#linearOf(value, tensor);
    if (linear === null || (tensor.dtype === 'bool' && linear.slice(1).some((step) => step !== 0))) {
      const triangle = inTriangle(tensor, at);
      return triangle ?? this.#leaf(value, at);
    }
    const [first = 0, ...steps] = linear;
    return wrap(
      steps.reduce(
        (total, step, axis) =>
          step === 0 ? total : sum(total, product(constant(step), at[axis] ?? constant(0))),
        constant(first),
      ),
    );
  }

  /** [first, a step an axis] where every element is first + sum of step * index; null otherwise. */
  #linearOf(value: string, tensor: Tensor): readonly number[] | null {
    const known = this.#linear.get(value);
    if (known !== undefined) return known;
    const found = linearOf(tensor);
    this.#linear.set(value, found);
    return found;
  }
}

function inTriangle(tensor: Tensor, at: readonly Polynomial[]): Expression | null {
  const triangle = triangleOf(tensor);
  const [row, column] = at.slice(-2);
  if (triangle === null || row === undefined || column === undefined) return null;
  const { diagonal, behind, upTo } = triangle;
  const isBehind = positive(difference(difference(column, row), constant(diagonal)));
  if (tensor.dtype === 'bool') return truth(behind === 0 ? not(isBehind) : isBehind);
  return select(isBehind, numeric(constant(behind)), numeric(constant(upTo)));
}

function linearOf(tensor: Tensor): readonly number[] | null {
  const { shape } = tensor;
  const data = toNumbers(tensor);
  const [first] = data;
  if (first === undefined) return null;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const steps = shape.map((length, axis) => (length > 1 ? (data[strides[axis] ?? 0] ?? 0) - first : 0));
  // Floating-point tables that happen to be even are no arithmetic.
  if (tensor.dtype.startsWith('float') && steps.some((step) => step !== 0)) return null;
  const fits = data.every((found, place) => {
    const expected = shape.reduce((total, length, axis) => {
      const at = Math.floor(place / (strides[axis] ?? 1)) % length;
      return at === 0 ? total : total + at * (steps[axis] ?? 0);
    }, first);
    return Object.is(found, expected);
  });
  return fits ? [first, ...steps] : null;
}
