/**
 * LayerNormalization, which is new, as what it stands for:
 *
 *     y = (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias
 *
 * ONNX Runtime has it as an operator of its own in older files too.
 */
import { int, ints } from '../../../core/graph/attributes.js';
import { intAttribute } from '../../../core/graph/inference/rule.js';
import type { Attribute } from '../../../core/graph/ir.js';
import { float32 } from '../../../core/tensor.js';
import { added } from '../../optimize/added.js';
import { isLastAxis } from '../../optimize/operands.js';
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

export const layerNormalization: OpsetChange = {
  opTypes: ['LayerNormalization'],
  since: 17,
  down: (editor, node, { contrib }) => {
    if (contrib) return null;
    const [x = '', scale = '', bias = ''] = node.inputs;
    if (node.outputs.slice(1).some((output) => output !== ''))
      return refused('its mean or deviation is read');
    if (!isLastAxis(editor, node, intAttribute(node, 'axis', -1)))
      return refused('it normalises over more than the last axis');
    if (editor.typeOf(x)?.dtype !== 'float32') return refused('it is not computed in float32');
    const epsilon = node.attributes.epsilon?.kind === 'float' ? node.attributes.epsilon.value : 1e-5;
    return {
      edit: () => {
        editor.remove(node);
        const one = (opType: string, inputs: string[], attributes: Record<string, Attribute> = {}) =>
          added(editor, opType, inputs, attributes);
        // The form that reductions had before 18.
        const last = { axes: ints([-1]), keepdims: int(1) };
        const centred = one('Sub', [x, one('ReduceMean', [x], last)]);
        const variance = one('ReduceMean', [one('Mul', [centred, centred])], last);
        const shifted = one('Add', [variance, editor.initializer('epsilon', float32([epsilon], []))]);
        const inputs = [one('Div', [centred, one('Sqrt', [shifted])]), scale];
        if (bias === '') editor.add({ opType: 'Mul', inputs, outputs: node.outputs.slice(0, 1) });
        else
          editor.add({
            opType: 'Add',
            inputs: [one('Mul', inputs), bias],
            outputs: node.outputs.slice(0, 1),
          });
      },
    };
  },
};
