/** BatchNormalization says since 14 whether it is trained; for inference, where it gives one output, it is what it was. */
import { refused } from '../../optimize/rule.js';
import type { Conversion, OpsetChange } from '../change.js';

const ofInference: Conversion = (editor, node) => {
  const { training_mode: training, ...others } = node.attributes;
  const [first = '', ...behind] = node.outputs;
  if (behind.some((output) => output !== '') || (training?.value ?? 0) !== 0)
    return refused('it gives statistics too, as for training');
  if (training === undefined && behind.length === 0) return null;
  return {
    edit: () => {
      editor.update(node, { attributes: others, outputs: [first] });
    },
  };
};

export const batchNormalization: OpsetChange = {
  opTypes: ['BatchNormalization'],
  since: 14,
  up: ofInference,
  down: ofInference,
};
