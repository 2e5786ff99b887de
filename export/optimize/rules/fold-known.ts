/** An integer vector or scalar of which every element is known is a constant: what is left of shape arithmetic. */
import { int32, int64 } from '../../../core/tensor.js';
import { type Rule } from '../rule.js';

export const foldKnown: Rule = {
  name: 'fold-known',
  anchors: 'any',
  match(editor, node) {
    const [output = '', ...others] = node.outputs;
    if (others.some((other) => other !== '') || editor.outputs.includes(output)) return null;
    const type = editor.typeOf(output);
    if ((type?.dtype !== 'int64' && type?.dtype !== 'int32') || type.shape === null) return null;
    const numbers = editor.numbers(output);
    if (numbers?.every(Number.isSafeInteger) !== true) return null;
    const shape = type.shape.length === 0 ? [] : [numbers.length];
    return {
      edit: () => {
        editor.remove(node);
        editor.setInitializer(output, type.dtype === 'int32' ? int32(numbers, shape) : int64(numbers, shape));
      },
    };
  },
};
