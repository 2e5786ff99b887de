/** concat(x, y, …)[k] = x[k], or y[k less the length of x], … */
import { intAttribute } from '../../../core/graph/inference/rule.js';
import { int64 } from '../../../core/tensor.js';
import { asNumber } from '../elements/polynomial.js';
import { producerOf } from '../operands.js';
import type { Rule } from '../rule.js';

export const gatherPart: Rule = {
  name: 'gather-part',
  anchors: ['Gather'],
  match(editor, node) {
    const [whole = '', indexName = ''] = node.inputs;
    const concat = producerOf(editor, whole, 'Concat');
    const index = editor.scalar(indexName);
    const axis = intAttribute(node, 'axis', 0);
    if (concat === null || index === null || node.domain !== '' || intAttribute(concat, 'axis', 0) !== axis)
      return null;
    const lengths = concat.inputs.map((part) => {
      const length = editor.elements.shape(part)?.at(axis);
      return length === undefined ? null : asNumber(length);
    });
    if (!lengths.every((length) => length !== null)) return null;
    let place = index < 0 ? index + lengths.reduce((sum, length) => sum + length, 0) : index;
    let part = 0;
    while (part < lengths.length && place >= (lengths[part] ?? 0)) {
      place -= lengths[part] ?? 0;
      part += 1;
    }
    const taken = concat.inputs[part];
    if (taken === undefined || place < 0) return null;
    const shape = editor.constant(indexName)?.shape ?? [];
    return {
      edit: () => {
        editor.update(node, { inputs: [taken, editor.initializer('place', int64([place], shape))] });
      },
    };
  },
};
