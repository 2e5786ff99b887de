/**
 * Gelu(x) ~ FastGelu(x) = x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2, where nothing but a rounding to 8 bits
 * reads it: on CPU tanh takes less time than erf, and the two differ by less than a part of the step that is rounded to.
 */
import { refused, type Rule } from '../../optimize/rule.js';

/** Of the two forms, over all x: the largest difference, at |x| = 2.7. */
const formsDiffer = 4.8e-4;
/** Steps that the forms may differ by. */
const allowed = 0.25;

export const tanhGelu: Rule = {
  name: 'tanh-gelu',
  anchors: ['Gelu'],
  match(editor, node, { contrib }) {
    const [output = ''] = node.outputs;
    const reader = editor.onlyReader(output);
    if (!contrib || node.attributes.approximate?.value === 'tanh' || reader?.opType !== 'QuantizeLinear')
      return null;
    const step = editor.scalar(reader.inputs[1]);
    if (step === null || allowed * step < formsDiffer)
      return refused(`its values are rounded to steps of ${step?.toExponential(1) ?? 'an unknown size'}`);
    return {
      edit: () => {
        editor.remove(node);
        editor.add({ opType: 'FastGelu', domain: 'com.microsoft', inputs: node.inputs, outputs: [output] });
      },
    };
  },
};
