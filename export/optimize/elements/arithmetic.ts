/** Operators that compute elements from elements: of counts, masks and scales, not of states. */
import { intAttribute } from '../../../core/graph/inference/rule.js';
import { type DType, toNumbers } from '../../../core/tensor.js';
import { broadcastInput, type Definition, type DefinitionContext } from './definition.js';
import {
  addition,
  always,
  and,
  combined,
  division,
  type Expression,
  multiplication,
  not,
  numberOf,
  numeric,
  positive,
  select,
  type Truth,
  truth,
  truthOf,
} from './expression.js';
import {
  asNumber,
  type Atom,
  constant,
  difference,
  index,
  one,
  type Polynomial,
  product,
  scaled,
  sum,
  zero,
} from './polynomial.js';

const isInteger = (dtype: DType | undefined) => dtype === 'int64' || dtype === 'int32';

/** Integers are added and multiplied out, cast to floating point too; states are scaled by constants. */
const binary =
  (
    operation: (a: Polynomial, b: Polynomial) => Polynomial,
    ofStates: (a: Polynomial, b: Polynomial) => boolean,
  ): Definition =>
  (context) => {
    const [a, b] = [broadcastInput(context, 0), broadcastInput(context, 1)];
    if (a === null || b === null) return null;
    return combined(a, b, (left, right) =>
      isInteger(context.dtype) || ofStates(left, right) ? operation(left, right) : null,
    );
  };

const holds = ({ terms }: Polynomial, isSuch: (atom: Atom) => boolean) =>
  terms.some(({ atoms }) => atoms.some(isSuch));
const holdsElement = (value: Polynomial) => holds(value, ({ kind }) => kind === 'element');
const holdsState = (value: Polynomial) => holds(value, (atom) => atom.kind === 'element' && !atom.isInteger);
const isIntegral = ({ terms }: Polynomial) => terms.every(({ coefficient }) => Number.isInteger(coefficient));

/** A sum of states, as of a product and its bias, stays what it is. */
const ofNone = (a: Polynomial, b: Polynomial) => !holdsState(a) && !holdsState(b);

/** Not by 0: a state may be infinite or no number, and its product is none then. */
const byConstant = (a: Polynomial, b: Polynomial) => isFactor(a, b) || isFactor(b, a);

function isFactor(factor: Polynomial, of: Polynomial): boolean {
  const number = asNumber(factor);
  return number !== null && (number !== 0 || !holdsState(of));
}

/** Rounds towards 0 for integers, so that only a division without rest is followed. */
const divided: Definition = (context) => {
  const [a, b] = [broadcastInput(context, 0), broadcastInput(context, 1)];
  if (a === null || b === null) return null;
  return combined(a, b, (left, right) => {
    const quotient = division(left, right);
    if (quotient === null || !isInteger(context.dtype)) return quotient;
    return isIntegral(quotient) ? quotient : null;
  });
};

const subtraction = (a: Polynomial, b: Polynomial) => sum(a, scaled(b, -1));

const cast: Definition = (context) => {
  const from = context.input(0, context.index);
  const { dtype } = context;
  if (dtype === 'bool') {
    const found = truthOf(from);
    return found === null ? null : truth(found);
  }
  if (from.kind === 'truth') return numberOf(from.truth);
  if (isInteger(dtype)) return whole(from, isInteger(context.inputType(0)?.dtype));
  // Smaller types hold fewer numbers.
  const isWide = dtype === 'float32' || dtype === 'float64';
  return isWide || from.kind !== 'number' || !holdsElement(from.value) ? from : null;
};

/** A number as an integer: none that would be rounded is followed. */
function whole(from: Expression, wasInteger: boolean): Expression | null {
  const integral = (value: Polynomial) => isIntegral(value) && (wasInteger || !holdsElement(value));
  if (from.kind === 'number') return integral(from.value) ? from : null;
  return from.kind === 'select' && integral(from.then) && integral(from.otherwise) ? from : null;
}

type Comparison = (a: Polynomial, b: Polynomial) => Truth;

const comparisons: Readonly<Record<string, Comparison>> = {
  Less: (a, b) => positive(difference(b, a)),
  LessOrEqual: (a, b) => not(positive(difference(a, b))),
  Greater: (a, b) => positive(difference(a, b)),
  GreaterOrEqual: (a, b) => not(positive(difference(b, a))),
};

const compared: Definition = (context) => {
  const [a, b] = [broadcastInput(context, 0), broadcastInput(context, 1)];
  const compare = comparisons[context.node.opType];
  if (a?.kind !== 'number' || b?.kind !== 'number' || compare === undefined) return null;
  return truth(compare(a.value, b.value));
};

const equal: Definition = (context) => {
  const [a, b] = [broadcastInput(context, 0), broadcastInput(context, 1)];
  if (a === null || b === null) return null;
  const apart = combined(a, b, subtraction);
  // Of floating-point values, those that are one of two known numbers, as a mask is, or integers.
  const isExact = (value: Polynomial) => isIntegral(value) && !holdsState(value);
  if (apart?.kind === 'number' && !isInteger(context.inputType(0)?.dtype) && !isExact(apart.value))
    return null;
  const found = apart === null ? null : truthOf(apart);
  return found === null ? null : truth(not(found));
};

const logical =
  (operation: (context: DefinitionContext) => Truth | null): Definition =>
  (context) => {
    const found = operation(context);
    return found === null ? null : truth(found);
  };

function truthAt(context: DefinitionContext, place: number): Truth | null {
  const found = broadcastInput(context, place);
  return found?.kind === 'truth' ? found.truth : null;
}

const both: Definition = logical((context) => {
  const [a, b] = [truthAt(context, 0), truthAt(context, 1)];
  return a === null || b === null ? null : and(a, b);
});

const either: Definition = logical((context) => {
  const [a, b] = [truthAt(context, 0), truthAt(context, 1)];
  return a === null || b === null ? null : not(and(not(a), not(b)));
});

const opposite: Definition = logical((context) => {
  const found = truthAt(context, 0);
  return found === null ? null : not(found);
});

const chosen: Definition = (context) => {
  const condition = truthAt(context, 0);
  const [a, b] = [broadcastInput(context, 1), broadcastInput(context, 2)];
  return condition === null || a === null || b === null ? null : select(condition, a, b);
};

const ranged: Definition = (context) => {
  const [start, step] = [context.integers(0)?.[0], context.integers(2)?.[0]];
  const [at] = context.index;
  return start === undefined || step === undefined || at === undefined
    ? null
    : numeric(sum(start, product(step, at)));
};

const filled: Definition = ({ node, dtype }) => {
  const { value } = node.attributes;
  if (value !== undefined && value.kind !== 'tensor') return null;
  const number = value === undefined ? 0 : (toNumbers(value.value)[0] ?? 0);
  return dtype === 'bool' ? always(number !== 0) : numeric(constant(number));
};

/** Of one number all along the axis: that number times the place. */
const accumulated: Definition = (context) => {
  const [axis] = context.integers(1) ?? [];
  const place = axis === undefined ? null : asNumber(axis);
  if (place === null || intAttribute(context.node, 'reverse', 0) !== 0) return null;
  const [at, length] = [context.index.at(place), context.inputShape(0)?.at(place)];
  if (at === undefined || length === undefined) return null;
  const any = index(`summed by ${context.node.name}`, length);
  const found = context.input(0, context.index.with(place, any));
  const number = found.kind === 'number' ? asNumber(found.value) : null;
  if (number === null) return null;
  const exclusive = intAttribute(context.node, 'exclusive', 0) !== 0;
  return numeric(scaled(exclusive ? at : sum(at, one), number));
};

/** A triangle of the last two axes is kept, the rest is 0. */
const triangular: Definition = (context) => {
  const [row, column] = context.index.slice(-2);
  const shift = (context.node.inputs[1] ?? '') === '' ? zero : context.integers(1)?.[0];
  if (row === undefined || column === undefined || shift === undefined) return null;
  const behind = difference(difference(column, row), shift);
  const isUpper = intAttribute(context.node, 'upper', 1) !== 0;
  const isKept = positive(sum(isUpper ? behind : scaled(behind, -1), one));
  const found = context.input(0, context.index);
  return found.kind === 'truth' ? truth(and(found.truth, isKept)) : select(isKept, found, numeric(zero));
};

/** Of a vector, as of a shape. */
const multiplied: Definition = (context) => {
  const numbers = context.integers(0);
  const isVector = context.inputShape(0)?.length === 1;
  return numbers === null || !isVector ? null : numeric(numbers.reduce(product, one));
};

export const arithmeticDefinitions: Readonly<Record<string, Definition>> = {
  Add: binary(addition, ofNone),
  Sub: binary(subtraction, ofNone),
  Mul: binary(multiplication, byConstant),
  Div: divided,
  Cast: cast,
  Less: compared,
  LessOrEqual: compared,
  Greater: compared,
  GreaterOrEqual: compared,
  Equal: equal,
  And: both,
  Or: either,
  Not: opposite,
  Where: chosen,
  Range: ranged,
  ConstantOfShape: filled,
  CumSum: accumulated,
  Trilu: triangular,
  ReduceProd: multiplied,
};
