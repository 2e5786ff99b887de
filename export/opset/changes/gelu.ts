/** Gelu, which is new: ONNX Runtime's own where that may be used, else x * (1 + erf(x / sqrt(2))) / 2. */
import { float32 } from '../../../core/tensor.js';
import { added } from '../../optimize/added.js';
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

export const gelu: OpsetChange = {
  opTypes: ['Gelu'],
  since: 20,
  down: (editor, node, { contrib }) => {
    if (node.domain !== '') return null;
    const [x = ''] = node.inputs;
    const isTanh = node.attributes.approximate?.value === 'tanh';
    if (editor.typeOf(x)?.dtype !== 'float32') return refused('it is not computed in float32');
    if (isTanh && !contrib) return refused('its form with tanh is com.microsoft’s, which may not be used');
    return {
      edit: () => {
        editor.remove(node);
        const { outputs } = node;
        if (contrib) {
          const opType = isTanh ? 'FastGelu' : 'Gelu';
          editor.add({ opType, domain: 'com.microsoft', inputs: [x], outputs });
          return;
        }
        const one = (opType: string, ...inputs: string[]) => added(editor, opType, inputs);
        const number = (name: string, value: number) => editor.initializer(name, float32([value], []));
        const erf = one('Erf', one('Mul', x, number('root_of_half', Math.SQRT1_2)));
        const halved = one('Mul', x, number('half', 0.5));
        editor.add({ opType: 'Mul', inputs: [halved, one('Add', erf, number('one', 1))], outputs });
      },
    };
  },
};
