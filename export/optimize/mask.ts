/** Which keys attention may look at, read from the value that is added to its scores or chooses among them. */
import { int, ints } from '../../core/graph/attributes.js';
import { onnxDataTypes } from '../../core/graph/data-types.js';
import { int64, tensor, type Tensor } from '../../core/tensor.js';
import type { GraphEditor } from './editor.js';
import type { Condition, Expression } from './elements/expression.js';
import { asNumber, constant, difference, type Polynomial, sum } from './elements/polynomial.js';
import { int32Of } from './int32-of.js';

export type Mask =
  /** Every key is looked at. */
  | { readonly kind: 'none' }
  | ({ readonly kind: 'rows' } & RowMask)
  /** Keys up to the query's own place. */
  | { readonly kind: 'causal'; readonly filter: number }
  /** The first keys of each row. */
  | { readonly kind: 'lengths'; readonly lengths: string; readonly filter: number };

interface RowMask {
  /** [batch, keys], or with axes of 1 between. */
  readonly value: string;
  /** A key is looked at where the value is this number; or, with `isKept` false, where it is not. */
  readonly number: number;
  readonly isKept: boolean;
  /** What is added to the scores of the others. */
  readonly filter: number;
}

interface Places {
  readonly batch: Polynomial;
  readonly query: Polynomial;
  readonly key: Polynomial;
}

/** Smaller additions are biases, not masks. */
const largestFilter = -1000;

/** @param added what is added to the score of a query and a key; a string says why it is no mask */
export function maskOf(added: Expression, places: Places): Mask | string {
  if (added.kind === 'number') {
    const number = asNumber(added.value);
    return number === 0 ? { kind: 'none' } : 'what is added to the scores is not read as a mask';
  }
  if (added.kind === 'truth') return 'a truth is added to the scores';
  const [then, otherwise] = [asNumber(added.then), asNumber(added.otherwise)];
  if (then === 0 && otherwise !== null && otherwise <= largestFilter)
    return keptWhere(added.condition, true, otherwise, places);
  if (otherwise === 0 && then !== null && then <= largestFilter)
    return keptWhere(added.condition, false, then, places);
  return 'what is added to the scores is not 0 or a large negative number';
}

/** @param isKept whether keys are looked at where the condition holds, or where it does not */
export function keptWhere(
  { relation, of }: Condition,
  isKept: boolean,
  filter: number,
  { batch, query, key }: Places,
): Mask | string {
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
export function maskInput(editor: GraphEditor, mask: Mask): string {
  switch (mask.kind) {
    case 'none':
    case 'causal':
      return '';
    case 'lengths':
      return int32Of(editor, mask.lengths);
    case 'rows':
      return rowsInput(editor, mask);
  }
}

function rowsInput(editor: GraphEditor, { value, number, isKept }: RowMask): string {
  const flat = editor.rank(value) === 2 ? value : flattened(editor, value);
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

function flattened(editor: GraphEditor, value: string): string {
  return added(editor, 'Reshape', [value, editor.initializer('rows', int64([0, -1]))]);
}

/** Of each row whether any key is looked at, [batch, 1, 1], bool. */
export function anyKept(editor: GraphEditor, mask: string, opset: number): string {
  const [reduced = ''] = editor.add({
    opType: 'ReduceMax',
    inputs: opset < 18 ? [mask] : [mask, editor.initializer('axes', int64([1]))],
    attributes: opset < 18 ? { axes: ints([1]), keepdims: int(1) } : { keepdims: int(1) },
  }).outputs;
  const [truth = ''] = editor.add({
    opType: 'Cast',
    inputs: [reduced],
    attributes: { to: int(onnxDataTypes.bool) },
  }).outputs;
  return added(editor, 'Reshape', [truth, editor.initializer('rows', int64([0, 1, 1]))]);
}

function added(editor: GraphEditor, opType: string, inputs: readonly string[]): string {
  return editor.add({ opType, inputs }).outputs[0] ?? '';
}

function scalarOf(dtype: Tensor['dtype'] | undefined, number: number): Tensor {
  if (dtype === 'int64') return int64([number], []);
  return dtype === 'int32'
    ? tensor('int32', Int32Array.of(number), [])
    : tensor('float32', Float32Array.of(number), []);
}
