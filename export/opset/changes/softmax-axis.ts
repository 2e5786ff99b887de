/**
 * Softmax over the axes from `axis` on, taken together (1 by default), became softmax over one axis (the last by
 * default). Over the last axis alone both are the same.
 */
import { int } from '../../../core/graph/attributes.js';
import { intAttribute } from '../../../core/graph/inference/rule.js';
import { refused } from '../../optimize/rule.js';
import type { Conversion, OpsetChange } from '../change.js';

const axisBefore = 1;
const axisSince = -1;

/** Written out, counted from the first axis, so that it means the same on both sides. */
function written(axisByDefault: number): Conversion {
  return (editor, node) => {
    const rank = editor.rank(node.inputs[0] ?? '');
    if (rank === null) return refused('how many axes its input has is not known');
    const axis = intAttribute(node, 'axis', axisByDefault);
    if (axis !== -1 && axis !== rank - 1) return refused('it is not over the last axis');
    if (node.attributes.axis?.value === rank - 1) return null;
    return {
      edit: () => {
        editor.update(node, { attributes: { ...node.attributes, axis: int(rank - 1) } });
      },
    };
  };
}

export const softmaxAxis: OpsetChange = {
  opTypes: ['Softmax', 'LogSoftmax', 'Hardmax'],
  since: 13,
  up: written(axisBefore),
  down: written(axisSince),
};
