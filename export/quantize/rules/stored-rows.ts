/** A table that is gathered from, stored as int8 with one scale a row: only the gathered rows are widened. */
import { int } from '../../../core/graph/attributes.js';
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import { quantizedName, scaleName } from '../../../core/graph/stored-parameters.js';
import type { Node } from '../../../core/graph/ir.js';
import { tensor, type TensorOf } from '../../../core/tensor.js';
import type { GraphEditor } from '../../optimize/editor.js';
import type { Rule } from '../../optimize/rule.js';
import { isExcluded, type Settings } from '../scheme.js';
import { transposed } from '../../optimize/matrix.js';
import { quantizeColumns } from '../weights.js';

/** Shorter rows are left alone: their scales would cost more than they save. */
const shortestRow = 8;

/** @param smallest the fewest elements of a table that is worth the nodes */
export function storedRows(settings: Settings, smallest = 65_536): Rule {
  return {
    name: 'stored-rows',
    anchors: ['Gather'],
    match(editor, node) {
      const [name = ''] = node.inputs;
      const table = editor.constant(name);
      if (table?.dtype !== 'float32' || table.shape.length !== 2 || !isOfRows(node, name)) return null;
      if (table.data.length < smallest || (table.shape[1] ?? 0) < shortestRow) return null;
      const readers = editor.readers(name);
      if (!readers.every((reader) => isOfRows(reader, name)) || editor.outputs.includes(name))
        return { refused: 'its table is read otherwise too' };
      if (readers.some((reader) => isExcluded(reader, settings)))
        return { refused: 'its table is read by a node that is excluded' };
      return {
        edit: () => {
          const { values, scales } = quantizeRows(table);
          const rows = editor.initializer(quantizedName(name), values);
          const factors = editor.initializer(scaleName(name), scales);
          for (const reader of readers) gatherWidened(editor, reader, rows, factors);
        },
      };
    },
  };
}

function isOfRows({ opType, domain, inputs, attributes }: Node, name: string): boolean {
  return opType === 'Gather' && domain === '' && inputs[0] === name && (attributes.axis?.value ?? 0) === 0;
}

function gatherWidened(editor: GraphEditor, node: Node, rows: string, factors: string): void {
  editor.remove(node);
  const [, indices = ''] = node.inputs;
  const [gathered = ''] = editor.add({ opType: 'Gather', inputs: [rows, indices] }).outputs;
  const [widened = ''] = editor.add({
    opType: 'Cast',
    inputs: [gathered],
    attributes: { to: int(onnxDataTypes.float32) },
  }).outputs;
  const [factor = ''] = editor.add({ opType: 'Gather', inputs: [factors, indices] }).outputs;
  editor.add({ opType: 'Mul', inputs: [widened, factor], outputs: node.outputs });
}

/** A row's scale is a column's of the table turned round. */
function quantizeRows(table: TensorOf<'float32'>): { values: TensorOf<'int8'>; scales: TensorOf<'float32'> } {
  const [rows = 0, columns = 0] = table.shape;
  const { values, scales } = quantizeColumns(transposed(table), { type: 'int8', bits: 8, perColumn: true });
  const turned = new Int8Array(table.data.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      turned[row * columns + column] = Number(values.data[column * rows + row] ?? 0);
  return {
    values: tensor('int8', turned, table.shape),
    scales: tensor('float32', scales.data, [rows, 1]),
  };
}
