/** Gelu(x + bias) = BiasGelu(x, bias); FastGelu takes the bias as well. */
import type { Node } from '../../../core/graph/ir.js';
import { biased } from '../operands.js';
import { type Rule } from '../rule.js';

export const biasGelu: Rule = {
  name: 'bias-gelu',
  anchors: ['Gelu', 'FastGelu'],
  match(editor, node, { contrib }) {
    const bias = biased(editor, node.inputs[0] ?? '');
    if (!contrib || bias === null || node.inputs.length > 1) return null;
    if (editor.onlyReader(bias.node.outputs[0] ?? '') !== node) return null;
    return {
      edit: () => {
        editor.remove(node);
        editor.add({
          opType: isTanh(node) ? 'FastGelu' : 'BiasGelu',
          domain: 'com.microsoft',
          inputs: [bias.value, bias.bias],
          outputs: node.outputs,
        });
      },
    };
  },
};

function isTanh({ opType, attributes }: Node): boolean {
  return opType === 'FastGelu' || attributes.approximate?.value === 'tanh';
}
