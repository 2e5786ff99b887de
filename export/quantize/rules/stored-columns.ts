/**
 * The matrix of products, stored as int8 with one scale a column: q * scale. ONNX Runtime computes it when it loads the
 * file, so that what runs is fp32, and an answer depends neither on what else is in its batch nor on the processor's
 * int8 instructions, as it does where activations are quantised.
 */
import { int } from '../../../core/graph/attributes.js';
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import { quantizedName, scaleName } from '../../../core/graph/stored-parameters.js';
import type { Node } from '../../../core/graph/ir.js';
import { tensor } from '../../../core/tensor.js';
import type { Rule } from '../../optimize/rule.js';
import { isExcluded, type Settings } from '../scheme.js';
import { quantizeColumns } from '../weights.js';

/** Of smaller ones the scales and nodes would cost more than they save. */
const smallestMatrix = 1024;
const shortestRow = 8;

export function storedColumns(settings: Settings): Rule {
  return {
    name: 'stored-columns',
    anchors: ['MatMul', 'Gemm', 'FusedGemm', 'Attention'],
    match(editor, node) {
      const [, name = ''] = node.inputs;
      const matrix = editor.constant(name);
      if (matrix?.dtype !== 'float32' || matrix.shape.length !== 2) return null;
      if (matrix.data.length < smallestMatrix || (matrix.shape[1] ?? 0) < shortestRow) return null;
      const readers = editor.readers(name);
      if (!readers.every((reader) => isRightOf(reader, name)) || editor.outputs.includes(name))
        return { refused: 'its matrix is read otherwise too' };
      if (readers.some((reader) => isExcluded(reader, settings)))
        return { refused: 'its matrix is read by a node that is excluded' };
      return {
        edit: () => {
          const { values, scales } = quantizeColumns(matrix, { type: 'int8', bits: 8, perColumn: true });
          const stored = editor.initializer(quantizedName(name), values);
          const row = tensor('float32', scales.data, [1, scales.data.length]);
          const scale = editor.initializer(scaleName(name), row);
          const [wide = ''] = editor.add({
            opType: 'Cast',
            inputs: [stored],
            attributes: { to: int(onnxDataTypes.float32) },
          }).outputs;
          const [product = ''] = editor.add({ opType: 'Mul', inputs: [wide, scale] }).outputs;
          editor.replace(name, product);
        },
      };
    },
  };
}

/** Whether a matrix is the right side of a product, as it is, and nothing else of it. */
function isRightOf({ opType, inputs, attributes }: Node, name: string): boolean {
  return (
    ['MatMul', 'Gemm', 'FusedGemm', 'Attention'].includes(opType) &&
    inputs[1] === name &&
    inputs.filter((input) => input === name).length === 1 &&
    (attributes.transB?.value ?? 0) === 0
  );
}
