/** squeeze(x[k : k + 1]) = x[k]: one Gather. */
import { int } from '../../../core/graph/attributes.js';
import { axesOfNode } from '../axes.js';
import { asNumber } from '../elements/polynomial.js';
import { int64 } from '../../../core/tensor.js';
import { type Rule } from '../rule.js';

export const takeOne: Rule = {
  name: 'take-one',
  anchors: ['Squeeze'],
  match(editor, node) {
    const [input = ''] = node.inputs;
    const slice = editor.producer(input);
    if (slice?.opType !== 'Slice') return null;
    const [x = '', starts = '', ends = '', axes = '', steps = ''] = slice.inputs;
    const rank = editor.rank(x);
    const squeezed = axesOfNode(editor, node);
    const [axis] = axes === '' ? [0] : (editor.numbers(axes) ?? []);
    const [start, end] = [editor.numbers(starts), editor.numbers(ends)];
    if (rank === null || axis === undefined || start?.length !== 1 || end?.length !== 1) return null;
    if (squeezed?.length !== 1 || (squeezed[0] ?? 0) % rank !== (axis + rank) % rank) return null;
    const [from = 0] = start;
    const [to = 0] = end;
    const isOne = to === from + 1 || (from === -1 && to > 2 ** 31 - 2);
    if (!isOne || (steps !== '' && editor.numbers(steps)?.[0] !== 1)) return null;
    // Where the axis may be empty a slice is empty too, and a gather fails.
    const length = editor.elements.shape(x)?.[(axis + rank) % rank];
    if (length === undefined || (asNumber(length) ?? 1) <= Math.max(from, 0)) return null;
    return {
      edit: () => {
        const place = editor.initializer('place', int64([from], []));
        editor.remove(node);
        editor.add({
          opType: 'Gather',
          inputs: [x, place],
          outputs: node.outputs,
          attributes: { axis: int((axis + rank) % rank) },
        });
      },
    };
  },
};
