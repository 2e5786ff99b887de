/** x W + b of rows = Gemm(x, W, b) */
import { biased, producerOf } from '../operands.js';
import { type Rule } from '../rule.js';

export const gemm: Rule = {
  name: 'gemm',
  anchors: ['Add'],
  match(editor, node) {
    const plus = biased(editor, node.outputs[0] ?? '');
    const product = plus === null ? null : producerOf(editor, plus.value, 'MatMul');
    if (plus === null || product === null || editor.onlyReader(plus.value) !== node) return null;
    const [x = '', weight = ''] = product.inputs;
    const isOfRows = editor.rank(x) === 2 && editor.constant(weight)?.shape.length === 2;
    if (!isOfRows || plus.tensor.dtype !== 'float32') return null;
    return {
      edit: () => {
        editor.remove(node);
        editor.add({ opType: 'Gemm', inputs: [x, weight, plus.bias], outputs: node.outputs });
      },
    };
  },
};
