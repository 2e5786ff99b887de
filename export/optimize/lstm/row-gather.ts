/** The Gather that reorders the rows of what an LSTM reads. */
import { intAttribute, intsAttribute } from '../../../core/graph/inference/rule.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { producerOf } from '../operands.js';

/** Of a value [time, batch, width], above transposes that nothing else reads but for their shape; null where none. */
export function rowGather(editor: GraphEditor, value: string): Node | null {
  let axis = 1;
  for (let at = value; ;) {
    const others = editor.readers(at).filter(({ opType }) => opType !== 'Shape');
    if (others.length > 1 || editor.outputs.includes(at)) return null;
    const transpose = producerOf(editor, at, 'Transpose');
    if (transpose === null) {
      const gather = producerOf(editor, at, 'Gather');
      const isOfRows = gather !== null && intAttribute(gather, 'axis', 0) === axis;
      return isOfRows && editor.rank(gather.inputs[1] ?? '') === 1 ? gather : null;
    }
    const permutation = intsAttribute(transpose, 'perm');
    axis = permutation?.[axis] ?? -1;
    at = transpose.inputs[0] ?? '';
  }
}
