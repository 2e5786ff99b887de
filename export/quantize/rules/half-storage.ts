/** A constant stored in 16 bits and widened before it is read; of a table, only the gathered rows are widened. */
import { int } from '../../../core/graph/attributes.js';
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import { halfName } from '../../../core/graph/stored-parameters.js';
import { largestHalf } from '../../../core/half.js';
import { isBeyondHalf, toHalf } from '../../../core/half-tensor.js';
import { refused, type Rule } from '../../optimize/rule.js';

const smallestConstant = 1024;

const widen = { to: int(onnxDataTypes.float32) };

export const halfStorage: Rule = {
  name: 'half-storage',
  anchors: 'any',
  match(editor, node) {
    const place = node.inputs.findIndex((name) => {
      const value = editor.constant(name);
      return value?.dtype === 'float32' && value.data.length >= smallestConstant;
    });
    const name = node.inputs[place] ?? '';
    const value = editor.constant(name);
    if (value?.dtype !== 'float32') return null;
    if (isBeyondHalf(value)) return refused(`a constant is beyond ${String(largestHalf)}`);
    const half = halfName(name);
    const stored = () => {
      if (editor.constant(half) === null) editor.setInitializer(half, toHalf(value));
      return half;
    };
    if (node.opType === 'Gather' && node.domain === '' && place === 0)
      return {
        edit: () => {
          editor.remove(node);
          const inputs = [stored(), ...node.inputs.slice(1)];
          const [rows = ''] = editor.add({ opType: 'Gather', inputs, attributes: node.attributes }).outputs;
          editor.add({ opType: 'Cast', inputs: [rows], outputs: node.outputs, attributes: widen });
        },
      };
    return {
      edit: () => {
        const [wide = ''] = editor.add({ opType: 'Cast', inputs: [stored()], attributes: widen }).outputs;
        editor.update(node, { inputs: node.inputs.map((input) => (input === name ? wide : input)) });
      },
    };
  },
};
