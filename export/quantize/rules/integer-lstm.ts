/**
 * LSTM with 8-bit weights: DynamicQuantizeLSTM scales x and each step's h by what they hold, over the whole batch.
 * W [directions, 4 hidden, input] becomes [directions, input, 4 hidden], and R likewise.
 */
import { type Tensor, tensor, type TensorOf } from '../../../core/tensor.js';
import type { Rule } from '../../optimize/rule.js';
import { isExcluded, type Settings } from '../scheme.js';
import { transposed } from '../../optimize/matrix.js';
import { quantizeColumns } from '../weights.js';

const readAttributes = ['activations', 'activation_alpha', 'activation_beta', 'clip', 'input_forget'];
const keptAttributes = ['direction', 'hidden_size', ...readAttributes];

export function integerLstm(settings: Settings): Rule {
  return {
    name: 'integer-lstm',
    anchors: ['LSTM'],
    match(editor, node) {
      const [x = '', weightsName = '', recurrenceName = '', ...others] = node.inputs;
      const weights = editor.constant(weightsName);
      const recurrence = editor.constant(recurrenceName);
      if (weights?.dtype !== 'float32' || recurrence?.dtype !== 'float32')
        return { refused: 'its weights are no float32 constants' };
      if (isExcluded(node, settings)) return { refused: 'it is excluded' };
      if ((node.attributes.layout?.value ?? 0) !== 0) return { refused: 'its batch is the first axis' };
      const [bias = '', lengths = '', hidden = '', cell = '', peephole = ''] = others;
      return {
        edit: () => {
          editor.remove(node);
          const parts = [
            [weightsName, weights],
            [recurrenceName, recurrence],
          ] as const;
          const [w, r] = parts.map(([name, value]) => {
            const { values, scales, zeros } = quantizeDirections(value, settings);
            return {
              values: editor.initializer(`${name}.${settings.weights.type}`, values),
              scales: [
                editor.initializer(`${name}.scale`, scales),
                editor.initializer(`${name}.zero`, zeros),
              ],
            };
          });
          if (w === undefined || r === undefined) return;
          editor.add({
            opType: 'DynamicQuantizeLSTM',
            domain: 'com.microsoft',
            inputs: [x, w.values, r.values, bias, lengths, hidden, cell, peephole, ...w.scales, ...r.scales],
            outputs: node.outputs,
            attributes: Object.fromEntries(
              Object.entries(node.attributes).filter(([name]) => keptAttributes.includes(name)),
            ),
          });
        },
      };
    },
  };
}

/** [directions, columns, rows] as [directions, rows, columns], with scales of [directions, columns] or [directions]. */
function quantizeDirections(
  { data, shape }: TensorOf<'float32'>,
  { weights: form }: Settings,
): { values: Tensor; scales: TensorOf<'float32'>; zeros: Tensor } {
  const [directions = 0, columns = 0, rows = 0] = shape;
  const parts = Array.from({ length: directions }, (_, direction) => {
    const start = direction * columns * rows;
    const one = tensor('float32', data.slice(start, start + columns * rows), [columns, rows]);
    return quantizeColumns(transposed(one), form);
  });
  const scaleShape = form.perColumn ? [directions, columns] : [directions];
  const scales = parts.flatMap((part) => Array.from(part.scales.data));
  return {
    values: joined(
      form.type,
      parts.map(({ values }) => values),
      [directions, rows, columns],
    ),
    scales: tensor('float32', Float32Array.from(scales), scaleShape),
    zeros: joined(
      form.type,
      parts.map(({ zeros }) => zeros),
      scaleShape,
    ),
  };
}

function joined(type: 'int8' | 'uint8', parts: readonly Tensor[], shape: readonly number[]): Tensor {
  const values = parts.flatMap(({ data }) => Array.from(data, Number));
  return type === 'int8'
    ? tensor(type, Int8Array.from(values), shape)
    : tensor(type, Uint8Array.from(values), shape);
}
