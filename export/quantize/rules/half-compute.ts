/**
 * An operator that computes in 16 bits: float32 values are narrowed before it and widened behind it. What one of these
 * operators hands to another is narrowed again at once; `narrowed-again` takes such a pair out, which is exact.
 */
import { int } from '../../../core/graph/attributes.js';
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import { intAttribute } from '../../../core/graph/inference/rule.js';
import { halfName } from '../../../core/graph/stored-parameters.js';
import { largestHalf } from '../../../core/half.js';
import { isBeyondHalf, toHalf } from '../../../core/half-tensor.js';
import type { GraphEditor } from '../../optimize/editor.js';
import { refused, type Rule } from '../../optimize/rule.js';

/** Products, recurrences, what fusions leave, and what moves or adds values between them; CUDA has kernels of 16 bits for each. */
const operators: readonly string[] = [
  'MatMul',
  'Gemm',
  'LSTM',
  'GRU',
  'Attention',
  'MultiHeadAttention',
  'EmbedLayerNormalization',
  'SkipLayerNormalization',
  'LayerNormalization',
  'BiasGelu',
  'FastGelu',
  'Gelu',
  'Erf',
  'Tanh',
  'Relu',
  'Sigmoid',
  'Softmax',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Gather',
  'Concat',
  'Slice',
  'Split',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Identity',
];

const toFloat16 = { to: int(onnxDataTypes.float16) };
const toFloat32 = { to: int(onnxDataTypes.float32) };

export const halfCompute: Rule = {
  name: 'half-compute',
  anchors: operators,
  match(editor, node) {
    const isWide = (value: string) => value !== '' && editor.typeOf(value)?.dtype === 'float32';
    const [output = '', ...others] = node.outputs;
    if (!isWide(output)) return null;
    // LayerNormalization's mean and inverse deviation are float32 whatever it normalises.
    if (node.opType === 'LayerNormalization' && others.some((name) => name !== ''))
      return refused('its mean or deviation is read');
    if (node.inputs.some((name) => isBeyondHalf(editor.constant(name))))
      return refused(`a constant is beyond ${String(largestHalf)}`);
    return {
      edit: () => {
        const inputs = node.inputs.map((name) => (isWide(name) ? narrowed(editor, name) : name));
        const halves = node.outputs.map((name) => (isWide(name) ? editor.unique(halfName(name)) : name));
        editor.remove(node);
        editor.add({ ...node, inputs, outputs: halves });
        node.outputs.forEach((name, place) => {
          if (halves[place] === name) return;
          editor.add({
            opType: 'Cast',
            inputs: [halves[place] ?? ''],
            outputs: [name],
            attributes: toFloat32,
          });
        });
      },
    };
  },
};

/** x in 16 bits, widened and narrowed again, is x. */
export const narrowedAgain: Rule = {
  name: 'narrowed-again',
  anchors: ['Cast'],
  match(editor, node) {
    const [wide = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const widening = editor.producer(wide);
    if (intAttribute(node, 'to', 0) !== onnxDataTypes.float16 || widening?.opType !== 'Cast') return null;
    const [half = ''] = widening.inputs;
    if (editor.typeOf(half)?.dtype !== 'float16' || !editor.isReplaceable(output, half)) return null;
    return {
      edit: () => {
        editor.replace(output, half);
      },
    };
  },
};

/** The name of a value in 16 bits: of a constant the one that all its readers share. */
function narrowed(editor: GraphEditor, name: string): string {
  const value = editor.constant(name);
  if (value?.dtype === 'float32') {
    const half = halfName(name);
    if (editor.constant(half) === null) editor.setInitializer(half, toHalf(value));
    return half;
  }
  const [half = ''] = editor.add({ opType: 'Cast', inputs: [name], attributes: toFloat16 }).outputs;
  return half;
}
