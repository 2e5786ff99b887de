/** Orders of rows, and their inverses. */
import { intAttribute, intsAttribute } from '../../../core/graph/inference/rule.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { asMultiple, index } from '../elements/polynomial.js';
import { producerOf } from '../operands.js';
import { recurrentOperators } from './recurrent.js';

/** The value that gives an order of all rows, where these indices are one: the second output of TopK. */
export function permutationAt(editor: GraphEditor, indices: string): string | null {
  const name = elementwise(editor, indices);
  const top = name === null ? null : producerOf(editor, name, 'TopK');
  if (name === null || top?.outputs[1] !== name) return null;
  const [all] = editor.elements.shape(top.inputs[0] ?? '') ?? [];
  const [taken] = editor.elements.integers(top.inputs[1] ?? '') ?? [];
  return all !== undefined && taken?.key === all.key && editor.rank(name) === 1 ? name : null;
}

/**
 * On each way down from a value the Gather by the inverse of an order, or the recurrent operator that reads the rows
 * in that order; null where a way has neither. With them each Concat on the way, of which all parts must be sorted.
 * @param axis of the value, on which the rows lie
 */
export function restoring(editor: GraphEditor, value: string, axis: number, order: string): Node[] | null {
  if (editor.outputs.includes(value)) return null;
  const found: Node[] = [];
  for (const reader of editor.readers(value)) {
    const [output = ''] = reader.outputs;
    const isInverse = (indices: string) => isInverseOf(editor, indices, order);
    if (reader.opType === 'Shape') continue;
    if (reader.opType === 'Concat' && intAttribute(reader, 'axis', 0) !== axis) {
      const further = restoring(editor, output, axis, order);
      if (further === null) return null;
      found.push(reader, ...further);
      continue;
    }
    if (reader.inputs[0] !== value) return null;
    if (
      reader.opType === 'Gather' &&
      intAttribute(reader, 'axis', 0) === axis &&
      isInverse(reader.inputs[1] ?? '')
    ) {
      found.push(reader);
      continue;
    }
    if (recurrentOperators.includes(reader.opType) && axis === rowsOfInput) {
      found.push(reader);
      continue;
    }
    const below = axisBelow(editor, reader, axis);
    const further = below === null ? null : restoring(editor, output, below, order);
    if (further === null) return null;
    found.push(...further);
  }
  return found;
}

/** The axis of the rows in what a recurrent operator reads, [time, batch, width]. */
const rowsOfInput = 1;

/** Where an axis is after a node that moves elements. */
function axisBelow(editor: GraphEditor, node: Node, axis: number): number | null {
  const [input = ''] = node.inputs;
  if (node.opType === 'Transpose') {
    const place = intsAttribute(node, 'perm')?.indexOf(axis) ?? -1;
    return place < 0 ? null : place;
  }
  if (node.opType === 'Gather') {
    const taken = intAttribute(node, 'axis', 0);
    return editor.rank(node.inputs[1] ?? '') === 0 && taken >= 0 && taken !== axis
      ? axis - Number(taken < axis)
      : null;
  }
  if (node.opType !== 'Reshape' && node.opType !== 'Squeeze') return null;
  const [from, to] = [editor.elements.shape(input), editor.elements.shape(node.outputs[0] ?? '')];
  if (from === null || to === null) return null;
  // The axes up to it are the same ones.
  const isSame = from.slice(0, axis + 1).every((size, place) => size.key === to[place]?.key);
  return isSame ? axis : null;
}

function isInverseOf(editor: GraphEditor, indices: string, order: string): boolean {
  const name = elementwise(editor, indices);
  const scatter = name === null ? null : producerOf(editor, name, 'ScatterElements', 'TopK');
  if (scatter === null) return false;
  const [first = '', second = '', third = ''] = scatter.inputs;
  if (scatter.opType === 'TopK') {
    const isAscending = intAttribute(scatter, 'largest', 1) === 0;
    return isAscending && scatter.outputs[1] === name && elementwise(editor, first) === order;
  }
  const [rows] = editor.elements.shape(first) ?? [];
  if (rows === undefined || editor.rank(first) !== 1 || elementwise(editor, second) !== order) return false;
  const b = index('b', rows);
  const update = editor.elements.at(third, [b]);
  return update.kind === 'number' && update.value.key === b.key;
}

/** The value of which a vector is an element-by-element copy. */
function elementwise(editor: GraphEditor, vector: string): string | null {
  const [rows, ...others] = editor.elements.shape(vector) ?? [];
  if (rows === undefined || others.length > 0) return null;
  const b = index('b', rows);
  const found = editor.elements.at(vector, [b]);
  const element = found.kind === 'number' ? asMultiple(found.value) : null;
  const isCopy =
    element?.atom.kind === 'element' &&
    element.coefficient === 1 &&
    element.atom.at.length === 1 &&
    element.atom.at[0]?.key === b.key;
  return isCopy && element.atom.kind === 'element' ? element.atom.value : null;
}
