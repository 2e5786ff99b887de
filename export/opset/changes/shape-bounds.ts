/** Shape of some axes, which is new, as a slice of the whole shape. */
import { int64 } from '../../../core/tensor.js';
import type { OpsetChange } from '../change.js';

const end = 2 ** 31 - 1;

export const shapeBounds: OpsetChange = {
  opTypes: ['Shape'],
  since: 15,
  down: (editor, node) => {
    const { start, end: stop } = node.attributes;
    if (start === undefined && stop === undefined) return null;
    return {
      edit: () => {
        editor.remove(node);
        const [whole = ''] = editor.add({ opType: 'Shape', inputs: node.inputs }).outputs;
        const bounds = [Number(start?.value ?? 0), Number(stop?.value ?? end)].map((at) =>
          editor.initializer('axes', int64([at])),
        );
        editor.add({ opType: 'Slice', inputs: [whole, ...bounds], outputs: node.outputs });
      },
    };
  },
};
