/** A constant that is stored in 16 bits, or rows gathered from one, as the float32 that is computed with. */
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import { storedName } from '../../../core/graph/stored-parameters.js';
import { widenHalf } from '../../../core/half.js';
import { tensor } from '../../../core/tensor.js';
import type { GraphEditor } from '../../optimize/editor.js';
import type { Rule } from '../../optimize/rule.js';

export const widenedHalf: Rule = {
  name: 'widened-half',
  anchors: ['Cast'],
  match(editor, node) {
    const [input = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (node.attributes.to?.value !== onnxDataTypes.float32 || editor.outputs.includes(output)) return null;
    const gather = editor.producer(input);
    const name = gather?.opType === 'Gather' ? (gather.inputs[0] ?? '') : input;
    const half = editor.constant(name);
    if (half?.dtype !== 'float16') return null;
    if (gather === undefined)
      return {
        edit: () => {
          editor.replace(output, widened(editor, name));
        },
      };
    if (editor.onlyReader(input) !== node) return null;
    return {
      edit: () => {
        editor.remove(node);
        editor.remove(gather);
        const inputs = [widened(editor, name), ...gather.inputs.slice(1)];
        editor.add({ opType: 'Gather', inputs, outputs: [output], attributes: gather.attributes });
      },
    };
  },
};

/** The name of the float32 tensor; one for all readers. */
function widened(editor: GraphEditor, name: string): string {
  const wide = storedName(name);
  const half = editor.constant(name);
  if (half?.dtype === 'float16' && editor.constant(wide) === null)
    editor.setInitializer(wide, tensor('float32', widenHalf(half.data), half.shape));
  return wide;
}
