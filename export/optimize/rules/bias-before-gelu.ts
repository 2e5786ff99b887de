/** gelu(x W + b): the bias to the product, which adds it at no cost, and the activation alone. */
import type { Rule } from '../rule.js';
import { isProduct } from '../product.js';

export const biasBeforeGelu: Rule = {
  name: 'bias-before-gelu',
  anchors: ['BiasGelu', 'FastGelu'],
  match(editor, node) {
    const [x = '', bias = ''] = node.inputs;
    if (bias === '' || !isProduct(editor, editor.producer(x)) || editor.isReadBeyond(x, [node])) return null;
    return {
      edit: () => {
        editor.remove(node);
        const [shifted = ''] = editor.add({ opType: 'Add', inputs: [x, bias] }).outputs;
        const opType = node.opType === 'BiasGelu' ? 'Gelu' : node.opType;
        editor.add({ opType, domain: node.domain, inputs: [shifted], outputs: node.outputs });
      },
    };
  },
};
