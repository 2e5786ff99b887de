/** An integer that becomes a term of scores is a mask: 0 or 1. This is presumed of what is added to scores alone. */
import {
  and,
  type Condition,
  type Expression,
  nonzero,
  not,
  numeric,
  positive,
  select,
  type Truth,
} from './elements/expression.js';
import { element, type Polynomial, substituted } from './elements/polynomial.js';

/** What is computed of one integer, as a choice by that integer; any other expression is what it is. */
export function presumedMask(added: Expression): Expression {
  if (added.kind === 'truth') return added;
  // Where the condition alone depends on it, nothing need be presumed.
  const branches = added.kind === 'number' ? [added.value] : [added.then, added.otherwise];
  const [mask, ...others] = branches.flatMap(({ terms }) => terms.flatMap(({ atoms }) => atoms));
  if (mask?.kind !== 'element' || !mask.isInteger || others.some(({ key }) => key !== mask.key)) return added;
  const [then, otherwise] = [1, 0].map((number) => valueAt(added, mask.key, number));
  if (then == null || otherwise == null) return added;
  return select(nonzero(element(mask.value, mask.at, true)), then, otherwise) ?? added;
}

function valueAt(
  added: Exclude<Expression, { kind: 'truth' }>,
  mask: string,
  number: number,
): Expression | null {
  const at = (value: Polynomial) => substituted(value, mask, number);
  return added.kind === 'number'
    ? numeric(at(added.value))
    : select(truthAt(added.condition, at), numeric(at(added.then)), numeric(at(added.otherwise)));
}

function truthAt(condition: Condition, at: (value: Polynomial) => Polynomial): Truth {
  switch (condition.relation) {
    case 'nonzero':
      return nonzero(at(condition.of));
    case 'positive':
      return positive(at(condition.of));
    case 'all':
      return condition.of
        .map(({ condition: one, negated }) => (negated ? not(truthAt(one, at)) : truthAt(one, at)))
        .reduce(and, { kind: 'always', value: true });
  }
}
