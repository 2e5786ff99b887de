/** A matrix that is stored as int8 and a scale (q * s), as the float32 that it stands for: then it can be quantised anew. */
import { storedName } from '../../../core/graph/stored-parameters.js';
import { tensor, type Tensor, type TensorOf } from '../../../core/tensor.js';
import type { Rule } from '../../optimize/rule.js';

export const widenedConstant: Rule = {
  name: 'widened-constant',
  anchors: ['Mul'],
  match(editor, node) {
    const [a = '', b = ''] = node.inputs;
    const cast = editor.producer(a);
    const stored = editor.constant(cast?.inputs[0] ?? '');
    const scale = editor.constant(b);
    if (cast?.opType !== 'Cast' || stored?.dtype !== 'int8' || scale?.dtype !== 'float32') return null;
    if (
      stored.shape.length !== 2 ||
      scale.shape.length !== 2 ||
      editor.outputs.includes(node.outputs[0] ?? '')
    )
      return null;
    return {
      edit: () => {
        const name = editor.unique(storedName(cast.inputs[0] ?? ''));
        editor.setInitializer(name, widened(stored, scale));
        editor.replace(node.outputs[0] ?? '', name);
      },
    };
  },
};

/** @param scale [rows or 1, columns or 1] */
function widened({ data, shape }: Tensor, scale: TensorOf<'float32'>): TensorOf<'float32'> {
  const [, columns = 1] = shape;
  const [scaleRows = 1, scaleColumns = 1] = scale.shape;
  const values = Float32Array.from(data as ArrayLike<number>, (value, i) => {
    const row = scaleRows === 1 ? 0 : Math.floor(i / columns);
    const column = scaleColumns === 1 ? 0 : i % columns;
    return value * (scale.data[row * scaleColumns + column] ?? 0);
  });
  return tensor('float32', values, shape);
}
