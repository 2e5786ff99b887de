/** Y[last step of a row, direction] = Y_h[direction], of LSTM, GRU and RNN; the last step backwards is the first. */
import { int, text } from '../../../core/graph/attributes.js';
import type { Node } from '../../../core/graph/ir.js';
import { int64 } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import { lengthsPlace, recurrentOperators } from '../lstm/recurrent.js';
import { asMultiple, asNumber, difference, index, one, type Polynomial } from '../elements/polynomial.js';
import { type Rule } from '../rule.js';

export const lstmLastState: Rule = {
  name: 'lstm-last-state',
  anchors: recurrentOperators,
  match(editor, node) {
    const [steps = ''] = node.outputs;
    if (steps === '' || node.domain !== '' || (node.attributes.layout?.value ?? 0) !== 0) return null;
    for (const value of moved(editor, steps)) {
      const direction = lastStateOf(editor, node, steps, value);
      if (direction === null) continue;
      return {
        edit: () => {
          const maker = editor.producer(value);
          if (maker !== undefined) editor.remove(maker);
          const place = editor.initializer('direction', int64([direction], []));
          const states = hiddenOf(editor, node);
          editor.add({
            opType: 'Gather',
            inputs: [states, place],
            outputs: [value],
            attributes: { axis: int(0) },
          });
        },
      };
    }
    return null;
  },
};

const moves: readonly string[] = ['Transpose', 'Reshape', 'Squeeze', 'Gather', 'GatherND', 'Slice', 'Split'];

/** Values [batch, width] that hold elements of another one. */
function moved(editor: GraphEditor, value: string): string[] {
  return editor.readers(value).flatMap((reader) => {
    if (!moves.includes(reader.opType) || reader.inputs[0] !== value) return [];
    return reader.outputs.flatMap((output) =>
      output === '' ? [] : [...(editor.rank(output) === 2 ? [output] : []), ...moved(editor, output)],
    );
  });
}

function lastStateOf(editor: GraphEditor, lstm: Node, steps: string, value: string): number | null {
  const shape = editor.elements.shape(value);
  const whole = editor.elements.shape(steps);
  if (shape?.length !== 2 || whole?.length !== 4) return null;
  const [batch, width] = shape;
  const [time, , rows, hidden] = whole;
  if (batch === undefined || width === undefined || batch.key !== rows?.key || width.key !== hidden?.key)
    return null;
  const [b, h] = [index('b', batch), index('h', width)];
  const found = editor.elements.at(value, [b, h]);
  const element = found.kind === 'number' ? asMultiple(found.value) : null;
  if (element?.atom.kind !== 'element' || element.coefficient !== 1 || element.atom.value !== steps)
    return null;
  const [step, direction, row, column] = element.atom.at;
  const number = asNumber(direction ?? b);
  if (row?.key !== b.key || column?.key !== h.key || step === undefined || number === null) return null;
  const isBackwards = text('reverse').value === lstm.attributes.direction?.value || number === 1;
  if (isBackwards) return asNumber(step) === 0 ? number : null;
  const last = lastStep(editor, lstm, time, b);
  return last !== null && step.key === last.key ? number : null;
}

/** Of a row, forwards. */
function lastStep(
  editor: GraphEditor,
  { inputs }: Node,
  time: Polynomial | undefined,
  row: Polynomial,
): Polynomial | null {
  const lengths = inputs[lengthsPlace] ?? '';
  if (lengths === '') return time === undefined ? null : difference(time, one);
  const length = editor.elements.at(lengths, [row]);
  return length.kind === 'number' ? difference(length.value, one) : null;
}

function hiddenOf(editor: GraphEditor, lstm: Node): string {
  const [steps = '', hidden = '', ...others] = lstm.outputs;
  if (hidden !== '') return hidden;
  const name = editor.unique(`${steps}_last`);
  editor.update(lstm, { outputs: [steps, name, ...others] });
  return name;
}
