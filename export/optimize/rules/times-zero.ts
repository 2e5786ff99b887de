/** x * 0 = 0 where x is known to be finite. */
import { float32, sizeOf } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import { type Rule } from '../rule.js';

export const timesZero: Rule = {
  name: 'times-zero',
  anchors: ['Mul'],
  match(editor, node) {
    const [a = '', b = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const zero = [a, b].find((input) => editor.uniform(input) === 0);
    const type = editor.typeOf(output);
    if (zero === undefined || type?.dtype !== 'float32' || editor.outputs.includes(output)) return null;
    const shape = type.shape?.filter((size) => typeof size === 'number');
    if (shape?.length !== type.shape?.length || shape === undefined) return null;
    if (!isFinite(editor, zero === a ? b : a)) return null;
    return {
      edit: () => {
        editor.remove(node);
        editor.setInitializer(output, float32(new Float32Array(sizeOf(shape)), shape));
      },
    };
  },
};

/** Operators whose outputs are between -1 and 1; not Softmax, whose rows are no numbers where one is infinite. */
const bounded: readonly string[] = ['LSTM', 'GRU', 'Tanh', 'Sigmoid'];
/** Operators that keep what is finite so, of float32 values between -1 and 1. */
const keeping: readonly string[] = [
  'Transpose',
  'Reshape',
  'Gather',
  'Slice',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'ReduceSum',
  'ReduceMean',
];

function isFinite(editor: GraphEditor, value: string): boolean {
  const node = editor.producer(value);
  if (node?.domain !== '') return false;
  // An LSTM's cell states are not bounded, its hidden states are.
  if (bounded.includes(node.opType)) return node.outputs.indexOf(value) < 2;
  return keeping.includes(node.opType) && isFinite(editor, node.inputs[0] ?? '');
}
