/** f(Gemm(x, W, b)) = FusedGemm(x, W, b), for f of which the CPU's kernel has one. */
import { text } from '../../../core/graph/attributes.js';
import { producerOf } from '../operands.js';
import { type Rule } from '../rule.js';

export const fusedGemm: Rule = {
  name: 'fused-gemm',
  anchors: ['Tanh', 'Relu', 'Sigmoid'],
  match(editor, node, { contrib }) {
    const [input = ''] = node.inputs;
    const gemm = producerOf(editor, input, 'Gemm');
    if (!contrib || gemm === null || editor.onlyReader(input) !== node) return null;
    if (editor.typeOf(gemm.inputs[0] ?? '')?.dtype !== 'float32') return null;
    return {
      edit: () => {
        editor.remove(node);
        editor.add({
          opType: 'FusedGemm',
          domain: 'com.microsoft',
          inputs: gemm.inputs,
          outputs: node.outputs,
          attributes: { ...gemm.attributes, activation: text(node.opType) },
        });
      },
    };
  },
};
