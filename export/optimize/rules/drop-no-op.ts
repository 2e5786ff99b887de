/** x stays x: Identity, dropout outside training, a cast to its own type, x + 0, x * 1, and moves that move nothing. */
import type { Node } from '../../../core/graph/ir.js';
import { dtypeOfOnnx } from '../../../core/graph/data-types.js';
import { intAttribute, intsAttribute } from '../../../core/graph/inference/rule.js';
import type { GraphEditor } from '../editor.js';
import { asNumber } from '../elements/polynomial.js';
import { type Rule } from '../rule.js';
import { isSameShape } from '../same-shape.js';

export const dropNoOp: Rule = {
  name: 'drop-no-op',
  anchors: [
    'Identity',
    'Dropout',
    'Cast',
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Transpose',
    'Concat',
    'Reshape',
    'Flatten',
    'Expand',
    'Slice',
    'Where',
  ],
  match(editor, node) {
    const kept = node.domain === '' ? unchanged(editor, node) : null;
    const [output = ''] = node.outputs;
    if (kept === null || !editor.isReplaceable(output, kept)) return null;
    return {
      edit: () => {
        editor.replace(output, kept);
      },
    };
  },
};

/** The input that a node's first output equals. */
function unchanged(editor: GraphEditor, node: Node): string | null {
  const [a = '', b = ''] = node.inputs;
  const [output = ''] = node.outputs;
  switch (node.opType) {
    case 'Identity':
      return a;
    case 'Dropout': {
      const [, mask = ''] = node.outputs;
      const isRead = mask !== '' && (editor.readers(mask).length > 0 || editor.outputs.includes(mask));
      const training = node.inputs[2] ?? '';
      const isOff = training === '' || editor.scalar(training) === 0;
      return isRead || !isOff ? null : a;
    }
    case 'Cast':
      return dtypeOfOnnx.get(intAttribute(node, 'to', 0)) === editor.typeOf(a)?.dtype ? a : null;
    case 'Add':
      if (isNumber(editor, a, 0) && isSameShape(editor, b, output)) return b;
      return isNumber(editor, b, 0) && isSameShape(editor, a, output) ? a : null;
    case 'Sub':
      return isNumber(editor, b, 0) && isSameShape(editor, a, output) ? a : null;
    case 'Mul':
      if (isNumber(editor, a, 1) && isSameShape(editor, b, output)) return b;
      return isNumber(editor, b, 1) && isSameShape(editor, a, output) ? a : null;
    case 'Div':
      return isNumber(editor, b, 1) && isSameShape(editor, a, output) ? a : null;
    case 'Transpose': {
      const permutation = intsAttribute(node, 'perm');
      return permutation?.every((axis, place) => axis === place) === true ? a : null;
    }
    case 'Concat':
      return node.inputs.length === 1 ? a : null;
    case 'Where': {
      const always = editor.uniform(a);
      const kept = always === null ? '' : (node.inputs[always === 0 ? 2 : 1] ?? '');
      return kept !== '' && isSameShape(editor, kept, output) ? kept : null;
    }
    case 'Slice':
      return isSameShape(editor, a, output) && takesAll(editor, node) ? a : null;
    default:
      return isSameShape(editor, a, output) ? a : null;
  }
}

/** Biases and scales are parameters, whatever they hold: rules look for them, and training changes them. */
function isNumber(editor: GraphEditor, value: string, wanted: number): boolean {
  const isParameter = (editor.constant(value)?.data.length ?? 0) > 1;
  return !isParameter && editor.uniform(value) === wanted;
}

/** Of equal shapes only steps backwards take other elements, or steps over a length of which nothing is known. */
function takesAll(editor: GraphEditor, { inputs }: Node): boolean {
  const [starts, steps] = [editor.elements.integers(inputs[1] ?? ''), inputs[4] ?? ''];
  const stepsAreOne =
    steps === '' || editor.elements.integers(steps)?.every((step) => asNumber(step) === 1) === true;
  return stepsAreOne && starts?.every((start) => asNumber(start) === 0) === true;
}
