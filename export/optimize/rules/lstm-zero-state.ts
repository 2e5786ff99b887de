/** LSTM(x, …, h = 0, c = 0) = LSTM(x, …): states begin at 0 of themselves. */
import { type Rule } from '../rule.js';

const [initialHidden, initialCell] = [5, 6];

export const lstmZeroState: Rule = {
  name: 'lstm-zero-state',
  anchors: ['LSTM'],
  match(editor, node) {
    const isZero = (place: number) => {
      const value = node.inputs[place] ?? '';
      return value !== '' && editor.uniform(value) === 0;
    };
    if (node.domain !== '' || (!isZero(initialHidden) && !isZero(initialCell))) return null;
    return {
      edit: () => {
        const inputs = node.inputs.map((input, place) =>
          place >= initialHidden && isZero(place) ? '' : input,
        );
        while (inputs.at(-1) === '') inputs.pop();
        editor.update(node, { inputs });
      },
    };
  },
};
