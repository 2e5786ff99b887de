/** Reshape that takes a 0 of its target for an empty axis (`allowzero`), which is new, where the target has none. */
import { asNumber } from '../../optimize/elements/polynomial.js';
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

export const reshapeZero: OpsetChange = {
  opTypes: ['Reshape'],
  since: 14,
  down: (editor, node) => {
    const { allowzero, ...others } = node.attributes;
    if (allowzero === undefined) return null;
    // A size that is not known is one of an input, which is not empty.
    const target = editor.elements.integers(node.inputs[1] ?? '');
    const mayBeZero = target?.some((size) => asNumber(size) === 0) ?? true;
    if (allowzero.value !== 0 && mayBeZero)
      return refused('its target may have a 0 that stands for an empty axis');
    return {
      edit: () => {
        editor.update(node, { attributes: others });
      },
    };
  },
};
