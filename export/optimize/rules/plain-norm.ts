/**
 * norm(x + y): a Sum and a LayerNormalization. On CPU, LayerNormalization has a vectorised kernel and
 * SkipLayerNormalization has none; with Add in the place of Sum, ONNX Runtime would put the two together again.
 */
import { float, int } from '../../../core/graph/attributes.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import type { Match, Rule } from '../rule.js';

/** The first opset that has LayerNormalization. */
const oldestOpset = 17;
const defaultEpsilon = 1e-12;

export const plainNorm: Rule = {
  name: 'plain-norm',
  anchors: ['SkipLayerNormalization', 'LayerNormalization'],
  match(editor, node, { opset }) {
    if (node.opType === 'LayerNormalization') return afterAdd(editor, node);
    const [output = '', mean = '', deviation = '', sum = ''] = node.outputs;
    if (opset < oldestOpset) return { refused: `opset ${String(opset)} has no LayerNormalization` };
    if (mean !== '' || deviation !== '') return { refused: 'its mean or its deviation is read' };
    const [x = '', skip = '', gamma = '', beta = '', bias = ''] = node.inputs;
    return {
      edit: () => {
        editor.remove(node);
        // The bias goes to the product before it, which adds it at no cost.
        const [shifted = ''] = bias === '' ? [x] : editor.add({ opType: 'Add', inputs: [x, bias] }).outputs;
        const [added = ''] = editor.add({ opType: 'Sum', inputs: [shifted, skip], outputs: [sum] }).outputs;
        editor.add({
          opType: 'LayerNormalization',
          inputs: [added, gamma, ...(beta === '' ? [] : [beta])],
          outputs: [output],
          attributes: { axis: int(-1), epsilon: node.attributes.epsilon ?? float(defaultEpsilon) },
        });
      },
    };
  },
};

function afterAdd(editor: GraphEditor, node: Node): Match {
  const add = editor.producer(node.inputs[0] ?? '');
  if (add?.opType !== 'Add' || add.domain !== '') return null;
  if (add.inputs.some((input) => editor.constant(input) !== null)) return null;
  return {
    edit: () => {
      editor.remove(add);
      editor.add({ opType: 'Sum', inputs: add.inputs, outputs: add.outputs });
    },
  };
}
