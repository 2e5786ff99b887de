/** transpose(transpose(x, p), q) = transpose(x, r) with r[i] = p[q[i]]. */
import { ints } from '../../../core/graph/attributes.js';
import { intsAttribute } from '../../../core/graph/inference/rule.js';
import { type Rule } from '../rule.js';

export const mergeTransposes: Rule = {
  name: 'merge-transposes',
  anchors: ['Transpose'],
  match(editor, node) {
    const above = editor.producer(node.inputs[0] ?? '');
    const [first, second] = [above && intsAttribute(above, 'perm'), intsAttribute(node, 'perm')];
    if (above?.opType !== 'Transpose' || first == null || second === null) return null;
    return {
      edit: () => {
        editor.update(node, {
          inputs: [above.inputs[0] ?? ''],
          attributes: { perm: ints(second.map((axis) => first[axis] ?? 0)) },
        });
      },
    };
  },
};
