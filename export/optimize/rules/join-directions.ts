/**
 * concat(x[0], x[1], …, axis = last) = reshape(transpose(x, [1, 0, 2]), [-1, parts * width]) of all of
 * x [parts, rows, width]
 */
import { ints } from '../../../core/graph/attributes.js';
import { intAttribute } from '../../../core/graph/inference/rule.js';
import { int64 } from '../../../core/tensor.js';
import { producerOf } from '../operands.js';
import { refused, type Rule } from '../rule.js';

export const joinDirections: Rule = {
  name: 'join-directions',
  anchors: ['Concat'],
  match(editor, node) {
    const gathers = node.inputs.flatMap((input) => producerOf(editor, input, 'Gather') ?? []);
    const [x = ''] = gathers[0]?.inputs ?? [];
    const shape = editor.typeOf(x)?.shape;
    const axis = intAttribute(node, 'axis', 0);
    const isWhole =
      gathers.length === node.inputs.length &&
      gathers.length > 1 &&
      shape?.length === 3 &&
      shape[0] === gathers.length &&
      (axis === -1 || axis === 1) &&
      gathers.every(
        (gather, place) =>
          gather.inputs[0] === x &&
          intAttribute(gather, 'axis', 0) === 0 &&
          editor.rank(gather.inputs[1] ?? '') === 0 &&
          editor.numbers(gather.inputs[1] ?? '')?.[0] === place,
      );
    if (!isWhole) return null;
    // Beside -1, 0 would copy an axis that may have no rows.
    const [, , width] = shape;
    if (typeof width !== 'number') return refused('the width of a direction is not known');
    return {
      edit: () => {
        editor.remove(node);
        const [turned = ''] = editor.add({
          opType: 'Transpose',
          inputs: [x],
          attributes: { perm: ints([1, 0, 2]) },
        }).outputs;
        const target = editor.initializer('shape', int64([-1, gathers.length * width]));
        editor.add({ opType: 'Reshape', inputs: [turned, target], outputs: node.outputs });
      },
    };
  },
};
