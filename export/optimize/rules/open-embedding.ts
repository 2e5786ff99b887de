/**
 * EmbedLayerNormalization(ids, types, word, position, type, scale, bias)
 *   = LayerNormalization(word[ids] + type[types] + position[0 .. time)): the rows of each table stand open, so that the
 * tables can be stored in fewer bits and gathered from as they are.
 */
import { float, int } from '../../../core/graph/attributes.js';
import { int64 } from '../../../core/tensor.js';
import { added } from '../added.js';
import type { GraphEditor } from '../editor.js';
import { refused, type Rule } from '../rule.js';

const defaultEpsilon = 1e-12;
/** Since which Slice takes its bounds as inputs. */
const oldestOpset = 10;

export const openEmbedding: Rule = {
  name: 'open-embedding',
  anchors: ['EmbedLayerNormalization'],
  match(editor, node, { opset }) {
    const [ids = '', types = '', word = '', position = '', type = '', scale = '', bias = '', , places = ''] =
      node.inputs;
    if (node.outputs.slice(1).some((output) => output !== '' && editor.readers(output).length > 0))
      return refused('its mask or its sum is read');
    if (opset < oldestOpset) return refused(`opset ${String(opset)} has no slices of computed length`);
    return {
      edit: () => {
        editor.remove(node);
        const rows = (table: string, indices: string) => added(editor, 'Gather', [table, indices]);
        const words = rows(word, ids);
        const typed = types === '' ? words : added(editor, 'Add', [words, rows(type, types)]);
        const placed = places === '' ? firstRows(editor, position, ids) : rows(position, places);
        const sum = added(editor, 'Add', [typed, placed]);
        editor.add({
          opType: 'LayerNormalization',
          inputs: [sum, scale, bias],
          outputs: node.outputs.slice(0, 1),
          attributes: { axis: int(-1), epsilon: node.attributes.epsilon ?? float(defaultEpsilon) },
        });
      },
    };
  },
};

/** As many rows of a table as ids have places. */
function firstRows(editor: GraphEditor, table: string, ids: string): string {
  const number = (value: number) => editor.initializer('places', int64([value]));
  const shape = added(editor, 'Shape', [ids]);
  const length = added(editor, 'Slice', [shape, number(1), number(2)]);
  return added(editor, 'Slice', [table, number(0), length, number(0)]);
}
