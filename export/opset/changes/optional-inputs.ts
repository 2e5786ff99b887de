/** Inputs that came later, without which an operator means what it did; and inputs that may be left out since. */
import { refused } from '../../optimize/rule.js';
import type { OpsetChange } from '../change.js';

/** @param place of the input, the last one */
export function addedInput(since: number, opTypes: readonly string[], place: number): OpsetChange {
  return {
    opTypes,
    since,
    down: (editor, node) => {
      const input = node.inputs[place];
      if (input === undefined) return null;
      if (input !== '') return refused(`its input ${input} came with opset ${String(since)}`);
      return {
        edit: () => {
          editor.update(node, { inputs: node.inputs.slice(0, place) });
        },
      };
    },
  };
}

/** @param name of the input, as the format calls it */
export function madeOptional(
  since: number,
  opTypes: readonly string[],
  place: number,
  name: string,
): OpsetChange {
  return {
    opTypes,
    since,
    down: (_editor, { inputs }) =>
      (inputs[place] ?? '') === '' ? refused(`its input ${name}, which must be there, is left out`) : null,
  };
}
