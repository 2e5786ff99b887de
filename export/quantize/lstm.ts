/** An LSTM with constant weights, as the rules that put DynamicQuantizeLSTM in its place see it. */
import type { Node } from '../../core/graph/ir.js';
import { scaleName, turnedName } from '../../core/graph/stored-parameters.js';
import { type Tensor, tensor, type TensorOf } from '../../core/tensor.js';
import type { GraphEditor } from '../optimize/editor.js';
import { transposed } from '../optimize/matrix.js';
import type { Settings } from './scheme.js';
import { quantizeColumns } from './weights.js';

export interface Lstm {
  readonly x: string;
  readonly weightsName: string;
  /** [directions, 4 hidden, input]. */
  readonly weights: TensorOf<'float32'>;
  readonly recurrenceName: string;
  /** [directions, 4 hidden, hidden]. */
  readonly recurrence: TensorOf<'float32'>;
  /** Names, '' where there is none. */
  readonly bias: string;
  readonly lengths: string;
  readonly hidden: string;
  readonly cell: string;
  readonly peephole: string;
}

/** The LSTM that a node is, or why its weights cannot be integers. */
export function lstmAt(editor: GraphEditor, node: Node): Lstm | { readonly refused: string } {
  const [x = '', weightsName = '', recurrenceName = '', ...others] = node.inputs;
  const weights = editor.constant(weightsName);
  const recurrence = editor.constant(recurrenceName);
  if (weights?.dtype !== 'float32' || recurrence?.dtype !== 'float32')
    return { refused: 'its weights are no float32 constants' };
  if ((node.attributes.layout?.value ?? 0) !== 0) return { refused: 'its batch is the first axis' };
  const [bias = '', lengths = '', hidden = '', cell = '', peephole = ''] = others;
  return { x, weightsName, weights, recurrenceName, recurrence, bias, lengths, hidden, cell, peephole };
}

const readAttributes = ['activations', 'activation_alpha', 'activation_beta', 'clip', 'input_forget'];
const keptAttributes = ['direction', 'hidden_size', ...readAttributes];

/** Adds the LSTM with its weights quantised: W becomes [directions, input, 4 hidden], and R likewise. */
export function addIntegerLstm(
  editor: GraphEditor,
  { outputs, attributes }: Pick<Node, 'outputs' | 'attributes'>,
  lstm: Lstm,
  settings: Settings,
): void {
  const quantized = (name: string, value: TensorOf<'float32'>) => {
    const { values, scales, zeros } = quantizeDirections(value, settings);
    return [
      editor.initializer(turnedName(name, settings.weights.type), values),
      editor.initializer(scaleName(name), scales),
      editor.initializer(`${name}.zero`, zeros),
    ] as const;
  };
  const [w, ...wScales] = quantized(lstm.weightsName, lstm.weights);
  const [r, ...rScales] = quantized(lstm.recurrenceName, lstm.recurrence);
  const { x, bias, lengths, hidden, cell, peephole } = lstm;
  editor.add({
    opType: 'DynamicQuantizeLSTM',
    domain: 'com.microsoft',
    inputs: [x, w, r, bias, lengths, hidden, cell, peephole, ...wScales, ...rScales],
    outputs,
    attributes: Object.fromEntries(
      Object.entries(attributes).filter(([name]) => keptAttributes.includes(name)),
    ),
  });
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
