/** Which keys attention may look at, read from the value that is added to its scores or chooses among them. */
import { int, ints } from '../../core/graph/attributes.js';
import { onnxDataTypes } from '../../core/graph/data-types.js';
import { int64 } from '../../core/tensor.js';
import { added } from './added.js';
import type { GraphEditor } from './editor.js';
import type { Condition, Expression } from './elements/expression.js';
import { asNumber, constant, difference, type Polynomial, sum } from './elements/polynomial.js';
import { int32Of } from './int32-of.js';
import { joined, type KeyMask, type Mask } from './mask-kind.js';
import { presumedMask } from './presumed-mask.js';
import { scalarOf } from './scalar-of.js';
import { squeezed } from './squeezed.js';

interface Places {
  readonly batch: Polynomial;
  readonly query: Polynomial;
  readonly key: Polynomial;
}

/** Smaller additions are biases, not masks. */
const largestFilter = -1000;

/**
 * @param found what is added to the score of a query and a key, which are scaled behind it
 * @returns why it is no mask, or the mask
 */
export function maskOf(found: Expression, scale: number, places: Places): Mask | string {
  const added = presumedMask(found);
  if (added.kind === 'number') {
    const number = asNumber(added.value);
    return number === 0 ? { kind: 'none' } : 'what is added to the scores is not read as a mask';
  }
  if (added.kind === 'truth') return 'a truth is added to the scores';
  const [then, otherwise] = [asNumber(added.then), asNumber(added.otherwise)];
  if (then === 0 && otherwise !== null && otherwise <= largestFilter)
    return keptWhere(added.condition, true, otherwise * scale, places);
  if (otherwise === 0 && then !== null && then <= largestFilter)
    return keptWhere(added.condition, false, then * scale, places);
  return 'what is added to the scores is not 0 or a large negative number';
}

/** @param isKept whether keys are looked at where the condition holds, or where it does not */
export function keptWhere(
  condition: Condition,
  isKept: boolean,
  filter: number,
  places: Places,
): Mask | string {
  if (condition.relation === 'all') {
    if (!isKept) return 'keys are masked where several things hold at once';
    return condition.of
      .map((one) => keptWhere(one.condition, !one.negated, filter, places))
      .reduce((a, b) => (typeof a === 'string' ? a : typeof b === 'string' ? b : joined(a, b, () => filter)));
  }
  const { batch, query, key } = places;
  const { relation, of } = condition;
  if (relation === 'positive') {
    // Of integers: not (p > 0) is 1 - p > 0.
    const above = isKept ? of : difference(constant(1), of);
    // key <= query
    if (asNumber(difference(above, difference(query, key))) === 1) return { kind: 'causal', filter };
    const lengths = elementAt(sum(above, key), [batch]);
    return lengths?.coefficient === 1 && lengths.rest === 0
      ? { kind: 'lengths', lengths: lengths.value, filter }
      : 'keys are compared with something other than a length of each row';
  }
  const found = elementAt(of, [batch, key]);
  if (found === null) return 'which keys are masked depends on more than the row and the key';
  return {
    kind: 'rows',
    value: found.value,
    number: -found.rest / found.coefficient,
    isKept: !isKept,
    filter,
  };
}

/** coefficient * value[at] + rest, where axes of 1 may stand between. */
function elementAt(
  of: Polynomial,
  at: readonly Polynomial[],
): { readonly value: string; readonly coefficient: number; readonly rest: number } | null {
  const [rest] = of.terms.filter(({ atoms }) => atoms.length === 0);
  const [term, ...others] = of.terms.filter(({ atoms }) => atoms.length > 0);
  const [atom] = term?.atoms ?? [];
  if (term === undefined || others.length > 0 || term.atoms.length > 1 || atom?.kind !== 'element')
    return null;
  const [first, ...inner] = atom.at;
  const [wanted, ...then] = at;
  const behind = inner.filter((one, place) => asNumber(one) !== 0 || inner.length - place <= then.length);
  const fits =
    first?.key === wanted?.key &&
    behind.length === then.length &&
    behind.every((one, place) => one.key === then[place]?.key);
  return fits ? { value: atom.value, coefficient: term.coefficient, rest: rest?.coefficient ?? 0 } : null;
}

/** Whether a mask of com.microsoft says of each row which keys are looked at, [batch, keys], or how many, [batch]. */
export function isKeyMask(editor: GraphEditor, mask: string, x: string): boolean {
  const rank = editor.rank(mask);
  if (rank !== 1) return rank === 2;
  const [lengths, batch] = [mask, x].map((value) => editor.elements.shape(value)?.[0]?.key);
  return lengths !== undefined && lengths === batch;
}

/** The value that com.microsoft.Attention takes as its mask: int32, above 0 where a key is looked at. */
export function maskInput(editor: GraphEditor, mask: Mask, opset: number): string {
  switch (mask.kind) {
    case 'none':
    case 'causal':
      return '';
    case 'lengths':
      return int32Of(editor, mask.lengths);
    case 'rows':
      return rowsInput(editor, mask, opset);
    case 'causal-keys':
      return maskInput(editor, mask.keys, opset);
  }
}

function rowsInput(
  editor: GraphEditor,
  { value, number, isKept }: Extract<KeyMask, { kind: 'rows' }>,
  opset: number,
): string {
  const flat = editor.rank(value) === 2 ? value : flattened(editor, value, opset);
  const dtype = editor.typeOf(value)?.dtype;
  // Ids and masks are not negative, so that what is not 0 is above it.
  if (!isKept && number === 0) return int32Of(editor, flat);
  let kept = flat;
  if (dtype !== 'bool') {
    const other = editor.initializer('masked', scalarOf(dtype, number));
    kept = added(editor, 'Equal', [flat, other]);
  }
  const isEqual = dtype === 'bool' ? number === 1 : true;
  if (isEqual !== isKept) kept = added(editor, 'Not', [kept]);
  return int32Of(editor, kept);
}

/** Without the axes of 1 between the first and the last; a reshape could not tell the last one of no rows. */
function flattened(editor: GraphEditor, value: string, opset: number): string {
  const axes = Array.from({ length: (editor.rank(value) ?? 2) - 2 }, (_, place) => place + 1);
  return squeezed(editor, value, axes, opset);
}

/**
 * Whether any key is looked at, bool: of each row, [batch, 1, 1]; or, of a causal mask, of each query, [batch, time, 1].
 * @param kept of keys, [batch, keys], int32
 */
export function anyKept(editor: GraphEditor, kept: string, isCausal: boolean, opset: number): string {
  const counted = isCausal
    ? added(editor, 'CumSum', [kept, editor.initializer('axis', int64([1], []))])
    : highest(editor, kept, opset);
  const truth = added(editor, 'Cast', [counted], { to: int(onnxDataTypes.bool) });
  return added(editor, 'Reshape', [truth, editor.initializer('rows', int64([0, isCausal ? -1 : 1, 1]))]);
}

function highest(editor: GraphEditor, kept: string, opset: number): string {
  const keepdims = int(1);
  return opset < 18
    ? added(editor, 'ReduceMax', [kept], { axes: ints([1]), keepdims })
    : added(editor, 'ReduceMax', [kept, editor.initializer('axes', int64([1]))], { keepdims });
}
