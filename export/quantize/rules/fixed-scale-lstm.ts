/**
 * DynamicQuantizeLSTM whose scales are the same whatever the batch holds. It scales x, and h at each step, by their
 * smallest and largest elements; so x gets two more features, which are the ends of its range, and the LSTM two more
 * units, whose h is 1 and -1 at every step: no element of h lies outside. Their weights are 0, so they change nothing
 * else; their gates and their first cell state keep them where they are, sigmoid(±saturated) and tanh(±saturated)
 * being 0, 1 and ±1 in float32.
 */
import { int } from '../../../core/graph/attributes.js';
import { pinnedName, pins } from '../../../core/graph/stored-parameters.js';
import { float32, int64, tensor, type TensorOf } from '../../../core/tensor.js';
import type { GraphEditor } from '../../optimize/editor.js';
import { refused, type Rule } from '../../optimize/rule.js';
import { addIntegerLstm, lstmAt } from '../lstm.js';
import type { Settings } from '../scheme.js';

const clipOpset = 11;
const saturated = 40;
/** Of ONNX's gates in their order, input, output, forget, cell: nothing comes in, all goes out, nothing is forgotten. */
const pinnedGates = [-saturated, saturated, saturated, 0];

export function fixedScaleLstm(settings: Settings): Rule {
  return {
    name: 'fixed-scale-lstm',
    anchors: ['LSTM'],
    match(editor, node, { opset }) {
      const lstm = lstmAt(editor, node);
      if ('refused' in lstm) return lstm;
      const range = settings.ranges?.get(lstm.x);
      if (range === undefined) return refused('the range of its input is not known');
      const [directions = 0, , hidden = 0] = lstm.recurrence.shape;
      const bias =
        lstm.bias === '' ? float32(new Float32Array(directions * 8 * hidden)) : editor.constant(lstm.bias);
      if (bias?.dtype !== 'float32') return refused('its bias is no float32 constant');
      const isZero = (state: string) => state === '' || editor.uniform(state) === 0;
      if (!isZero(lstm.hidden) || !isZero(lstm.cell) || lstm.peephole !== '')
        return refused('it has initial states or peepholes');
      if (opset < clipOpset) return refused('its opset has no Clip with bounds as inputs');
      if (['activations', 'clip', 'input_forget'].some((name) => node.attributes[name] !== undefined))
        return refused('its activations are not the usual ones');
      return {
        edit: () => {
          editor.remove(node);
          const states = (stem: string, value: number) =>
            broadcast(editor, lstm.x, stem, pinnedStates(directions, hidden, value));
          const outputs = node.outputs.map((output) =>
            output === '' ? '' : editor.unique(`${output}_pinned`),
          );
          addIntegerLstm(
            editor,
            { outputs, attributes: { ...node.attributes, hidden_size: int(hidden + pins) } },
            {
              ...lstm,
              x: pinnedInput(editor, lstm.x, range),
              weightsName: pinnedName(lstm.weightsName),
              weights: widened(lstm.weights, hidden),
              recurrenceName: pinnedName(lstm.recurrenceName),
              recurrence: widened(lstm.recurrence, hidden),
              bias: editor.initializer(
                `${lstm.weightsName}.bias_pinned`,
                pinnedBias(bias, directions, hidden),
              ),
              hidden: states('pinned_h', 1),
              cell: states('pinned_c', saturated),
            },
            settings,
          );
          node.outputs.forEach((output, place) => {
            if (output === '') return;
            const [starts, ends, axes] = [0, hidden, -1].map((value) =>
              editor.initializer('pinned_slice', int64([value])),
            );
            const inputs = [outputs[place] ?? '', starts ?? '', ends ?? '', axes ?? ''];
            editor.add({ opType: 'Slice', inputs, outputs: [output] });
          });
        },
      };
    },
  };
}

/** x [time, batch, input] within its range, with the two ends of it as further features. */
function pinnedInput(editor: GraphEditor, x: string, [low, high]: readonly [number, number]): string {
  const bounds = [low, high].map((value) => editor.initializer('pinned_x', float32([value], [])));
  const [clipped = ''] = editor.add({ opType: 'Clip', inputs: [x, ...bounds] }).outputs;
  const paddings = editor.initializer('pinned_pads', int64([0, 0, 0, 0, 0, 1]));
  return bounds.reduce((value, bound) => {
    const [padded = ''] = editor.add({ opType: 'Pad', inputs: [value, paddings, bound] }).outputs;
    return padded;
  }, clipped);
}

/** [directions, 1, hidden] for every row of the batch of x. */
function broadcast(editor: GraphEditor, x: string, stem: string, states: TensorOf<'float32'>): string {
  const [shape = ''] = editor.add({ opType: 'Shape', inputs: [x] }).outputs;
  const one = editor.initializer('pinned_one', int64([1]));
  const [batch = ''] = editor.add({ opType: 'Gather', inputs: [shape, one] }).outputs;
  const [wanted = ''] = editor.add({
    opType: 'Concat',
    inputs: [one, batch, one],
    attributes: { axis: int(0) },
  }).outputs;
  const [expanded = ''] = editor.add({
    opType: 'Expand',
    inputs: [editor.initializer(stem, states), wanted],
  }).outputs;
  return expanded;
}

function pinnedStates(directions: number, hidden: number, value: number): TensorOf<'float32'> {
  const width = hidden + pins;
  const data = new Float32Array(directions * width);
  for (let direction = 0; direction < directions; direction += 1) {
    data[direction * width + hidden] = value;
    data[direction * width + hidden + 1] = -value;
  }
  return float32(data, [directions, 1, width]);
}

/** [directions, 4 hidden, columns] with rows of 0 for the new units and columns of 0 for what is new on the right. */
function widened({ data, shape }: TensorOf<'float32'>, hidden: number): TensorOf<'float32'> {
  const [directions = 0, rows = 0, columns = 0] = shape;
  const [width, newColumns] = [hidden + pins, columns + pins];
  const wide = new Float32Array(directions * 4 * width * newColumns);
  for (let row = 0; row < directions * rows; row += 1) {
    const newRow = Math.floor(row / hidden) * width + (row % hidden);
    wide.set(data.subarray(row * columns, (row + 1) * columns), newRow * newColumns);
  }
  return tensor('float32', wide, [directions, 4 * width, newColumns]);
}

/** [directions, 8 hidden]: the gates' biases of the new units keep them pinned. */
function pinnedBias({ data }: TensorOf<'float32'>, directions: number, hidden: number): TensorOf<'float32'> {
  const width = hidden + pins;
  const wide = new Float32Array(directions * 8 * width);
  for (let gate = 0; gate < directions * 8; gate += 1) {
    wide.set(data.subarray(gate * hidden, (gate + 1) * hidden), gate * width);
    // W's bias and R's are added up: one of them is enough.
    if (gate % 8 < 4) wide.fill(pinnedGates[gate % 4] ?? 0, gate * width + hidden, (gate + 1) * width);
  }
  return float32(wide, [directions, 8 * width]);
}
