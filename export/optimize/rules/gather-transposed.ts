/** transpose(x)[k] = x[:, k], where the first two axes change places and one place of either is taken. */
import { int } from '../../../core/graph/attributes.js';
import { intAttribute, intsAttribute } from '../../../core/graph/inference/rule.js';
import { producerOf } from '../operands.js';
import type { Rule } from '../rule.js';

export const gatherTransposed: Rule = {
  name: 'gather-transposed',
  anchors: ['Gather'],
  match(editor, node) {
    const [value = '', place = ''] = node.inputs;
    const above = producerOf(editor, value, 'Transpose');
    const perm = above === null ? null : intsAttribute(above, 'perm');
    const axis = intAttribute(node, 'axis', 0);
    // A vector of places would stand on the axis, and the others in their new order.
    const isOne = editor.rank(place) === 0;
    if (above === null || perm === null || !isOne || (axis !== 0 && axis !== 1)) return null;
    const changesTwo = perm[0] === 1 && perm[1] === 0 && perm.slice(2).every((from, to) => from === to + 2);
    if (!changesTwo) return null;
    return {
      edit: () => {
        editor.update(node, {
          inputs: [above.inputs[0] ?? '', place],
          attributes: { axis: int(1 - axis) },
        });
      },
    };
  },
};
