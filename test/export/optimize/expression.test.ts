/** What is said of truths and selections together holds whichever of their conditions do. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { float32, tensor } from '../../../core/tensor.js';
import {
  addition,
  and,
  combined,
  type Condition,
  type Expression,
  not,
  numeric,
  positive,
  select,
  type Truth,
} from '../../../export/optimize/elements/expression.js';
import { asNumber, constant, difference, element } from '../../../export/optimize/elements/polynomial.js';
import { triangleOf } from '../../../export/optimize/elements/triangle.js';

const names = ['a', 'b', 'c'];
/** That a value is above 0. */
const truths = names.map((name) => positive(difference(element(name, [], true), constant(0))));
type World = Readonly<Record<string, boolean>>;
const worlds: World[] = Array.from({ length: 2 ** names.length }, (_, bits) =>
  Object.fromEntries(names.map((name, at) => [name, ((bits >> at) & 1) === 1])),
);

function holds(condition: Condition, world: World): boolean {
  if (condition.relation === 'all') return condition.of.every((one) => isTrue({ kind: 'if', ...one }, world));
  const [atom] = condition.of.terms[0]?.atoms ?? [];
  return atom?.kind === 'element' && world[atom.value] === true;
}

function isTrue(value: Truth, world: World): boolean {
  return value.kind === 'always' ? value.value : holds(value.condition, world) !== value.negated;
}

function numberIn(value: Expression, world: World): number | null {
  if (value.kind === 'truth') return null;
  if (value.kind === 'number') return asNumber(value.value);
  return asNumber(holds(value.condition, world) ? value.then : value.otherwise);
}

const truth = fc.letrec<{ truth: Truth }>((tie) => ({
  truth: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...truths),
    tie('truth').map(not),
    fc.tuple(tie('truth'), tie('truth')).map(([a, b]) => and(a, b)),
  ),
})).truth;
const filters = fc.constantFrom(0, -1, -Infinity);
const selection = fc
  .tuple(truth, filters, filters)
  .map(([by, then, otherwise]) => select(by, numeric(constant(then)), numeric(constant(otherwise)))!);

test('of two truths', () => {
  fc.assert(
    fc.property(truth, truth, (a, b) => {
      for (const world of worlds) expect(isTrue(and(a, b), world)).toBe(isTrue(a, world) && isTrue(b, world));
    }),
  );
});

test('of sums and of choices between selections, where they are told', () => {
  fc.assert(
    fc.property(truth, selection, selection, (by, a, b) => {
      const [sum, choice] = [combined(a, b, addition), select(by, a, b)];
      for (const world of worlds) {
        const [left, right] = [numberIn(a, world)!, numberIn(b, world)!];
        if (sum !== null) expect(numberIn(sum, world)).toBe(left + right);
        if (choice !== null) expect(numberIn(choice, world)).toBe(isTrue(by, world) ? left : right);
      }
    }),
  );
});

test('two filters of -Infinity are one, of either condition', () => {
  const [first, second] = truths.map((by) => select(by, numeric(constant(-Infinity)), numeric(constant(0)))!);
  expect(combined(first!, second!, addition)).toMatchObject({ kind: 'select' });
});

test('a constant is a triangle, or it is not', () => {
  const triangle = [0, -9, -9, 0, 0, -9];
  expect(triangleOf(float32(triangle, [2, 3]))).toEqual({ diagonal: 0, behind: -9, upTo: 0 });
  expect(triangleOf(float32([...triangle, ...triangle], [1, 2, 2, 3]))).toMatchObject({ diagonal: 0 });
  expect(triangleOf(tensor('bool', Uint8Array.of(1, 0, 1, 1), [2, 2]))).toMatchObject({ behind: 0, upTo: 1 });
  for (const other of [
    [0, -9, 0, 0, 0, -9],
    [0, 0, 0, 0, 0, 0],
    [0, -9, -8, 0, 0, -9],
    [-9, 0, 0, 0, -9, 0],
  ])
    expect(triangleOf(float32(other, [2, 3]))).toBeNull();
});
