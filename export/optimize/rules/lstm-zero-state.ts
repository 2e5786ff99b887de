/** LSTM(x, …, h = 0, c = 0) = LSTM(x, …), and GRU and RNN likewise: states begin at 0 of themselves. */
import { initialStates, recurrentOperators } from '../lstm/recurrent.js';
import { type Rule } from '../rule.js';

export const lstmZeroState: Rule = {
  name: 'lstm-zero-state',
  anchors: recurrentOperators,
  match(editor, node) {
    const isZero = (place: number) => {
      const value = node.inputs[place] ?? '';
      return value !== '' && editor.uniform(value) === 0;
    };
    if (node.domain !== '' || !initialStates.some(isZero)) return null;
    return {
      edit: () => {
        const inputs = node.inputs.map((input, place) =>
          initialStates.includes(place) && isZero(place) ? '' : input,
        );
        while (inputs.at(-1) === '') inputs.pop();
        editor.update(node, { inputs });
      },
    };
  },
};
