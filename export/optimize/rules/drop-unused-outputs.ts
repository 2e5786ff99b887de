/** Optional outputs that nothing reads are declared absent, so that a kernel need not compute or keep them. */
import { type Rule } from '../rule.js';

export const dropUnusedOutputs: Rule = {
  name: 'drop-unused-outputs',
  anchors: ['LSTM', 'GRU', 'RNN'],
  match(editor, node) {
    const outputs = node.outputs.map((output) => (editor.isReadBeyond(output, []) ? output : ''));
    if (outputs.every((output, place) => output === node.outputs[place])) return null;
    if (outputs.every((output) => output === '')) return null;
    return {
      edit: () => {
        editor.update(node, { outputs });
      },
    };
  },
};
