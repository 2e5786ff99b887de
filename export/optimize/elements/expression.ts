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

export type Condition =
  /** Of a number: that it is not 0, or that it is above 0. */
  | { readonly relation: 'nonzero' | 'positive'; readonly of: Polynomial }
  /** That each of several holds, which are no such lists themselves. */
  | { readonly relation: 'all'; readonly of: readonly Literal[] };

export interface Literal {
  readonly condition: Condition;
  readonly negated: boolean;
}

export type Truth =
  { readonly kind: 'always'; readonly value: boolean } | ({ readonly kind: 'if' } & Literal);

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

/** Whether both hold. */
export function and(a: Truth, b: Truth): Truth {
  if (a.kind === 'always') return a.value ? b : a;
  if (b.kind === 'always') return b.value ? a : b;
  const byKey = new Map([a, b].flatMap(literalsOf).map((one) => [keyOf(one), one]));
  const literals = [...byKey.values()];
  if (literals.some((one) => byKey.has(keyOf({ ...one, negated: !one.negated }))))
    return { kind: 'always', value: false };
  const [first] = literals;
  return first !== undefined && literals.length === 1
    ? { kind: 'if', ...first }
    : { kind: 'if', condition: { relation: 'all', of: literals }, negated: false };
}

/** One of two numbers. Alternatives may be selections themselves, where one number is left besides another. */
export function select(by: Truth, then: Expression, otherwise: Expression): Expression | null {
  if (by.kind === 'always') return by.value ? then : otherwise;
  if (by.negated) return select(not(by), otherwise, then);
  if (then.kind === 'truth' || otherwise.kind === 'truth') return null;
  const inner =
    [then, otherwise].map(conditionOf).find((one) => one !== null && !isSame(one, by.condition)) ??
    by.condition;
  return byTwo(by.condition, inner, (first, second) => {
    const value = first ? then : otherwise;
    if (value.kind === 'number') return value.value;
    const holds = isSame(value.condition, inner)
      ? second
      : isSame(value.condition, by.condition)
        ? first
        : null;
    return holds === null ? null : holds ? value.then : value.otherwise;
  });
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

/** A sum, or a product, of two expressions; a selection is worked on in each of its branches. */
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
  const first = conditionOf(a) ?? conditionOf(b);
  const second = conditionOf(b) ?? first;
  if (first === null || second === null) return null;
  return byTwo(first, second, (left, right) => operation(branchOf(a, left), branchOf(b, right)));
}

export const addition = sum;
export const multiplication = product;

/** a / b by a constant. */
export function division(a: Polynomial, b: Polynomial): Polynomial | null {
  const by = asNumber(b);
  return by === null || by === 0 ? null : scaled(a, 1 / by);
}

/**
 * What two conditions choose of up to four numbers; null where more than one is another than the rest.
 * @param value null where it is not known
 */
function byTwo(
  first: Condition,
  second: Condition,
  value: (first: boolean, second: boolean) => Polynomial | null,
): Expression | null {
  if (isSame(first, second)) {
    const [then, otherwise] = [value(true, true), value(false, false)];
    return then === null || otherwise === null ? null : selection(first, then, otherwise);
  }
  const corners = [true, false].flatMap((left) =>
    [true, false].map((right) => ({ left, right, found: value(left, right) })),
  );
  for (const { left, right, found } of corners) {
    const others = corners.filter((corner) => corner.left !== left || corner.right !== right);
    const [other] = others;
    if (found === null || other?.found == null) return null;
    if (others.some((corner) => corner.found?.key !== other.found?.key)) continue;
    const here = and(
      { kind: 'if', condition: first, negated: !left },
      { kind: 'if', condition: second, negated: !right },
    );
    return select(here, numeric(found), numeric(other.found));
  }
  const [tt, te, et, ee] = corners.map((corner) => corner.found);
  if (tt == null || te == null || et == null || ee == null) return null;
  if (tt.key === te.key && et.key === ee.key) return selection(first, tt, et);
  return tt.key === et.key && te.key === ee.key ? selection(second, tt, te) : null;
}

function conditionOf(value: Expression): Condition | null {
  return value.kind === 'select' ? value.condition : null;
}

function branchOf(value: Exclude<Expression, { kind: 'truth' }>, holds: boolean): Polynomial {
  if (value.kind === 'number') return value.value;
  return holds ? value.then : value.otherwise;
}

/** What is said of a truth, one thing after another. */
function literalsOf({ condition, negated }: Literal): readonly Literal[] {
  return condition.relation === 'all' && !negated ? condition.of : [{ condition, negated }];
}

function keyOf({ condition, negated }: Literal): string {
  return `${negated ? 'not ' : ''}${conditionKey(condition)}`;
}

function conditionKey(condition: Condition): string {
  return condition.relation === 'all'
    ? `all(${condition.of.map(keyOf).sort().join(' and ')})`
    : `${condition.relation} ${condition.of.key}`;
}

function isSame(a: Condition, b: Condition): boolean {
  return conditionKey(a) === conditionKey(b);
}

function selection(condition: Condition, then: Polynomial, otherwise: Polynomial): Expression {
  return then.key === otherwise.key ? numeric(then) : { kind: 'select', condition, then, otherwise };
}
