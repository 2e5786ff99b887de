/** LSTM with 8-bit weights: DynamicQuantizeLSTM scales x and each step's h by what they hold, over the whole batch. */
import type { Rule } from '../../optimize/rule.js';
import { addIntegerLstm, lstmAt } from '../lstm.js';
import type { Settings } from '../scheme.js';

export function integerLstm(settings: Settings): Rule {
  return {
    name: 'integer-lstm',
    anchors: ['LSTM'],
    match(editor, node) {
      const lstm = lstmAt(editor, node);
      if ('refused' in lstm) return lstm;
      return {
        edit: () => {
          editor.remove(node);
          addIntegerLstm(editor, node, lstm, settings);
        },
      };
    },
  };
}
