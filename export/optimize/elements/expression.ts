/** What an element of a value is: a number, a truth, or one of two numbers by a truth. */
import {
  asNumber,
  constant,
  isNotNegative,
  isPositive,
  type Polynomial,
  product,
  scaled,
  sum,
} from './polynomial.js';

/** Of a number: that it is not 0, or that it is above 0. */
export interface Condition {
  readonly relation: 'nonzero' | 'positive';
  readonly of: Polynomial;
}

export type Truth =
  | { readonly kind: 'always'; readonly value: boolean }
  | { readonly kind: 'if'; readonly condition: Condition; readonly negated: boolean };

export type Expression =
  | { readonly kind: 'number'; readonly value: Polynomial }
  | { readonly kind: 'truth'; readonly truth: Truth }
  | {
      readonly kind: 'select';
      readonly condition: Condition;
      readonly then: Polynomial;
      readonly otherwise: Polynomial;
    };

export function numeric(value: Polynomial): Expression {
  return { kind: 'number', value };
}

export function truth(value: Truth): Expression {
  return { kind: 'truth', truth: value };
}

export function always(value: boolean): Expression {
  return truth({ kind: 'always', value });
}

/** Whether a number is not 0. */
export function nonzero(of: Polynomial): Truth {
  const number = asNumber(of);
  if (number !== null) return { kind: 'always', value: number !== 0 };
  return isPositive(of) || isPositive(scaled(of, -1))
    ? { kind: 'always', value: true }
    : { kind: 'if', condition: { relation: 'nonzero', of }, negated: false };
}

/** Whether a number is above 0, as far as it is told by what sizes and indices may be. */
export function positive(of: Polynomial): Truth {
  if (isPositive(of)) return { kind: 'always', value: true };
  if (isNotNegative(scaled(of, -1))) return { kind: 'always', value: false };
  return { kind: 'if', condition: { relation: 'positive', of }, negated: false };
}

export function not(value: Truth): Truth {
  return value.kind === 'always'
    ? { kind: 'always', value: !value.value }
    : { ...value, negated: !value.negated };
}

/** null where neither is known and they differ. */
export function and(a: Truth, b: Truth): Truth | null {
  if (a.kind === 'always') return a.value ? b : a;
  if (b.kind === 'always') return b.value ? a : b;
  return a.negated === b.negated && isSame(a.condition, b.condition) ? a : null;
}

/** One of two numbers; an alternative that is a selection by the same condition is resolved. */
export function select(by: Truth, then: Expression, otherwise: Expression): Expression | null {
  if (by.kind === 'always') return by.value ? then : otherwise;
  if (by.negated) return select(not(by), otherwise, then);
  const { condition } = by;
  const branch = (value: Expression, side: 'then' | 'otherwise') => {
    if (value.kind === 'number') return value.value;
    return value.kind === 'select' && isSame(value.condition, condition) ? value[side] : null;
  };
  const [left, right] = [branch(then, 'then'), branch(otherwise, 'otherwise')];
  return left === null || right === null ? null : selection(condition, left, right);
}

/** A truth as a number: 1 or 0. */
export function numberOf(value: Truth): Expression {
  if (value.kind === 'always') return numeric(constant(Number(value.value)));
  const [then, otherwise] = value.negated ? [0, 1] : [1, 0];
  return selection(value.condition, constant(then), constant(otherwise));
}

/** Whether an expression is not 0. */
export function truthOf(value: Expression): Truth | null {
  if (value.kind === 'truth') return value.truth;
  if (value.kind === 'number') return nonzero(value.value);
  const [then, otherwise] = [asNumber(value.then), asNumber(value.otherwise)];
  if (then === null || otherwise === null) return null;
  if ((then === 0) === (otherwise === 0)) return { kind: 'always', value: then !== 0 };
  return { kind: 'if', condition: value.condition, negated: then === 0 };
}

/** A sum, or a product, of two expressions; a selection is worked on in both of its branches. */
export function combined(
  a: Expression,
  b: Expression,
  operation: (a: Polynomial, b: Polynomial) => Polynomial | null,
): Expression | null {
  if (a.kind === 'truth' || b.kind === 'truth') return null;
  if (a.kind === 'number' && b.kind === 'number') {
    const value = operation(a.value, b.value);
    return value === null ? null : numeric(value);
  }
  const of = a.kind === 'select' ? a : b;
  if (of.kind !== 'select') return null;
  if (a.kind === 'select' && b.kind === 'select' && !isSame(a.condition, b.condition)) return null;
  const side = (name: 'then' | 'otherwise') =>
    operation(a.kind === 'select' ? a[name] : a.value, b.kind === 'select' ? b[name] : b.value);
  const [then, otherwise] = [side('then'), side('otherwise')];
  return then === null || otherwise === null ? null : selection(of.condition, then, otherwise);
}

export const addition = sum;
export const multiplication = product;

/** a / b by a constant. */
export function division(a: Polynomial, b: Polynomial): Polynomial | null {
  const by = asNumber(b);
  return by === null || by === 0 ? null : scaled(a, 1 / by);
}

function isSame(a: Condition, b: Condition): boolean {
  return a.relation === b.relation && a.of.key === b.of.key;
}

function selection(condition: Condition, then: Polynomial, otherwise: Polynomial): Expression {
  return then.key === otherwise.key ? numeric(then) : { kind: 'select', condition, then, otherwise };
}
