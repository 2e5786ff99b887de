/** What a sum of embeddings adds up, told by what each of its elements is. */
import { intAttribute } from '../../core/graph/inference/rule.js';
import type { TensorOf } from '../../core/tensor.js';
import type { GraphEditor } from './editor.js';
import { asMultiple, asNumber, constant, difference, index, type Polynomial } from './elements/polynomial.js';
import { producerOf } from './operands.js';

export interface Lookup {
  readonly name: string;
  readonly table: TensorOf<'float32'>;
  /** The value that holds the rows' numbers, [batch, time]; '' where they are counted. */
  readonly indices: string;
  /** Of the first position. */
  readonly firstRow: number;
}

export type Addend =
  | ({ readonly kind: 'lookup' } & Lookup)
  /** Row firstRow + t for each place t. */
  | ({ readonly kind: 'positions' } & Lookup)
  /** The same for every place of every row. */
  | { readonly kind: 'row'; readonly row: Float32Array }
  | { readonly kind: 'other' };

/** Of a sum [batch, time, width], through additions of which nothing else reads the result. */
export function addends(editor: GraphEditor, sum: string): Addend[] {
  const whole = editor.elements.shape(sum);
  if (whole?.length !== 3) return [];
  const [batch, time, width] = whole;
  if (batch === undefined || time === undefined || width === undefined) return [];
  const places = [index('b', batch), index('t', time), index('h', width)];
  const leaves = (value: string, isRoot: boolean): string[] => {
    const add = producerOf(editor, value, 'Add');
    if (add === null || (!isRoot && editor.onlyReader(value) === null)) return [value];
    return add.inputs.flatMap((input) => leaves(input, false));
  };
  return leaves(sum, true).map((value) => addend(editor, value, whole, places));
}

function addend(
  editor: GraphEditor,
  value: string,
  whole: readonly Polynomial[],
  places: readonly Polynomial[],
): Addend {
  const row = constantRow(editor, value, whole);
  if (row !== null) return { kind: 'row', row };
  const shape = editor.elements.shape(value);
  const skipped = 3 - (shape?.length ?? 4);
  if (shape === null || skipped < 0) return { kind: 'other' };
  const at = shape.map((size, axis) =>
    asNumber(size) === 1 ? constant(0) : (places[axis + skipped] ?? constant(0)),
  );
  const same = shape.every((size, axis) => asNumber(size) === 1 || size.key === whole[axis + skipped]?.key);
  if (!same) return { kind: 'other' };
  const found = editor.elements.at(value, at);
  const multiple = found.kind === 'number' ? asMultiple(found.value) : null;
  if (multiple?.atom.kind !== 'element' || multiple.coefficient !== 1) return { kind: 'other' };
  const { value: name, at: inside } = multiple.atom;
  const table = tableOf(editor, name);
  if (table === null) return byGather(editor, name, places, shape);
  const [place] = inside.slice(-2);
  if (place === undefined) return { kind: 'other' };
  return lookup(editor, value, name, table, place, places);
}

function lookup(
  editor: GraphEditor,
  value: string,
  name: string,
  table: TensorOf<'float32'>,
  place: Polynomial,
  [batch, time]: readonly Polynomial[],
): Addend {
  const width = table.shape[1] ?? 0;
  const number = asNumber(place);
  if (number !== null) return { kind: 'row', row: table.data.slice(number * width, (number + 1) * width) };
  const firstRow = time === undefined ? null : asNumber(difference(place, time));
  if (firstRow !== null && firstRow >= 0) return { kind: 'positions', name, table, indices: '', firstRow };
  const row = asMultiple(place);
  const [first, second] = row?.atom.kind === 'element' ? row.atom.at : [];
  const isRow = row?.coefficient === 1 && first?.key === batch?.key && second?.key === time?.key;
  if (!isRow || row.atom.kind !== 'element') return byGather(editor, value, [], null);
  return { kind: 'lookup', name, table, indices: row.atom.value, firstRow: 0 };
}

/** Indices that are not followed, as those counted from a mask: whatever they hold, they index row by row. */
function byGather(
  editor: GraphEditor,
  value: string,
  places: readonly Polynomial[],
  shape: readonly Polynomial[] | null,
): Addend {
  const gather = producerOf(editor, value, 'Gather');
  const [name = '', indices = ''] = gather?.inputs ?? [];
  const table = tableOf(editor, name);
  if (gather === null || table === null || intAttribute(gather, 'axis', 0) !== 0) return { kind: 'other' };
  const isPerPlace =
    shape === null || places.length === 0 || !shape.slice(0, 2).some((size) => asNumber(size) === 1);
  return editor.rank(indices) === 2 && isPerPlace
    ? { kind: 'lookup', name, table, indices, firstRow: 0 }
    : { kind: 'other' };
}

/** A constant [rows, width], or one that is only written with an axis of 1 before it. */
function tableOf(editor: GraphEditor, name: string): TensorOf<'float32'> | null {
  const tensor = editor.constant(name);
  if (tensor?.dtype !== 'float32' || tensor.shape.length < 2) return null;
  const [rows = 0, width = 0] = tensor.shape.slice(-2);
  return tensor.data.length === rows * width ? { ...tensor, shape: [rows, width] } : null;
}

function constantRow(editor: GraphEditor, value: string, whole: readonly Polynomial[]): Float32Array | null {
  const tensor = editor.constant(value);
  const width = asNumber(whole[2] ?? constant(0));
  return tensor?.dtype === 'float32' && width !== null && tensor.data.length === width ? tensor.data : null;
}
