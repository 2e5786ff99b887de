/** FusedGemm(x, W, b) = f(Gemm(x, W, b)): the product stands open, so that it can be quantised. */
import type { Rule } from '../rule.js';

export const openGemm: Rule = {
  name: 'open-gemm',
  anchors: ['FusedGemm'],
  match(editor, node) {
    const { activation, activation_alpha, activation_beta, ...others } = node.attributes;
    if (activation?.kind !== 'string' || !['Relu', 'Tanh', 'Sigmoid'].includes(activation.value)) return null;
    if (activation_alpha !== undefined || activation_beta !== undefined) return null;
    return {
      edit: () => {
        editor.remove(node);
        const { inputs, outputs } = node;
        const [product = ''] = editor.add({ opType: 'Gemm', inputs, attributes: others }).outputs;
        editor.add({ opType: activation.value, inputs: [product], outputs });
      },
    };
  },
};
