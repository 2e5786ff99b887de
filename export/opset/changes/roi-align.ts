/** RoiAlign took pixels by their corners, which since 16 it says, and by their centres where it says nothing. */
import { text } from '../../../core/graph/attributes.js';
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

const byCorners = 'output_half_pixel';

export const roiAlign: OpsetChange = {
  opTypes: ['RoiAlign'],
  since: 16,
  up: (editor, node) => ({
    edit: () => {
      const attributes = { ...node.attributes, coordinate_transformation_mode: text(byCorners) };
      editor.update(node, { attributes });
    },
  }),
  down: (editor, node) => {
    const { coordinate_transformation_mode: mode, ...others } = node.attributes;
    if (mode?.value !== byCorners) return refused('it takes pixels by their centres');
    return {
      edit: () => {
        editor.update(node, { attributes: others });
      },
    };
  },
};
