/** Split without sizes: since 18 it says into how many parts. */
import { int } from '../../../core/graph/attributes.js';
import { intAttribute } from '../../../core/graph/inference/rule.js';
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

export const splitParts: OpsetChange = {
  opTypes: ['Split'],
  since: 18,
  up: (editor, node) => {
    if ((node.inputs[1] ?? '') !== '') return null;
    return {
      edit: () => {
        editor.update(node, { attributes: { ...node.attributes, num_outputs: int(node.outputs.length) } });
      },
    };
  },
  down: (editor, node) => {
    const { num_outputs: parts, ...others } = node.attributes;
    if (parts === undefined) return null;
    const shape = editor.typeOf(node.inputs[0] ?? '')?.shape;
    const axis = intAttribute(node, 'axis', 0);
    const size = shape?.at(axis);
    if (typeof size !== 'number' || size % node.outputs.length !== 0)
      return refused('whether its parts are equal is not known');
    return {
      edit: () => {
        editor.update(node, { attributes: others });
      },
    };
  },
};
