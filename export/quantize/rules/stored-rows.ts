/** A table that is gathered from, stored as int8 with one scale a row: only the gathered rows are widened. */
import { int } from '../../../core/graph/attributes.js';
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import { type Tensor, tensor } from '../../../core/tensor.js';
import type { Rule } from '../../optimize/rule.js';
import { isExcluded, type Settings } from '../scheme.js';
import { transposed } from '../../optimize/matrix.js';
import { quantizeColumns } from '../weights.js';

const smallestTable = 65_536;

export function storedRows(settings: Settings): Rule {
  return {
    name: 'stored-rows',
    anchors: ['Gather'],
    match(editor, node) {
      const [tableName = '', indices = ''] = node.inputs;
      const table = editor.constant(tableName);
      if (table?.dtype !== 'float32' || table.shape.length !== 2 || (node.attributes.axis?.value ?? 0) !== 0)
        return null;
      if (table.data.length < smallestTable) return null;
      if (isExcluded(node, settings)) return { refused: 'it is excluded' };
      if (editor.readers(tableName).some(({ opType }) => opType !== 'Gather'))
        return { refused: 'its table is read otherwise too' };
      return {
        edit: () => {
          editor.remove(node);
          // A row's scale is a column's of the table turned round.
          const { values, scales } = quantizeColumns(transposed(table), {
            type: 'int8',
            bits: 8,
            perColumn: true,
          });
          const rows = editor.initializer(`${tableName}.int8`, turnedBack(values));
          const column = tensor('float32', scales.data, [table.shape[0] ?? 0, 1]);
          const scale = editor.initializer(`${tableName}.scale`, column);
          const [gathered = ''] = editor.add({ opType: 'Gather', inputs: [rows, indices] }).outputs;
          const [widened = ''] = editor.add({
            opType: 'Cast',
            inputs: [gathered],
            attributes: { to: int(onnxDataTypes.float32) },
          }).outputs;
          const [factor = ''] = editor.add({ opType: 'Gather', inputs: [scale, indices] }).outputs;
          editor.add({ opType: 'Mul', inputs: [widened, factor], outputs: node.outputs });
        },
      };
    },
  };
}

function turnedBack({ data, shape }: Tensor): Tensor {
  const [rows = 0, columns = 0] = shape;
  const turned = new Int8Array(data.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      turned[column * rows + row] = Number(data[row * columns + column] ?? 0);
  return tensor('int8', turned, [columns, rows]);
}
