/**
 * lstm(x[p], lengths[p])[inverse of p] = lstm(x, lengths): rows need not be sorted by length for the operator, as an
 * exporter's packed sequences are, and need not be put back.
 */
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { int32Of } from '../int32-of.js';
import { rowGather } from '../lstm/row-gather.js';
import { permutationAt, restoring } from '../lstm/permutation.js';
import { refused, type Rule } from '../rule.js';
import { asMultiple, index } from '../elements/polynomial.js';

const lengthsPlace = 4;

export const lstmUnsorted: Rule = {
  name: 'lstm-unsorted',
  anchors: ['LSTM'],
  match(editor, node) {
    const [x = ''] = node.inputs;
    const lengths = node.inputs[lengthsPlace] ?? '';
    const gather = node.domain === '' && lengths !== '' ? rowGather(editor, x) : null;
    const order = gather === null ? null : permutationAt(editor, gather.inputs[1] ?? '');
    if (gather === null || order === null) return null;
    if (node.inputs.slice(lengthsPlace + 1, 7).some((input) => input !== ''))
      return refused('its initial states are given, sorted as well');
    const unsorted = lengthsBefore(editor, lengths, order);
    if (unsorted === null) return refused('its lengths are not sorted as its rows are');
    const restored: Node[] = [];
    // Y is [time, directions, batch, hidden], Y_h and Y_c [directions, batch, hidden].
    for (const [place, output] of node.outputs.entries()) {
      const found = output === '' ? [] : restoring(editor, output, place === 0 ? 2 : 1, order);
      if (found === null) return refused(`what reads ${output} does not put the rows back in order`);
      restored.push(...found);
    }
    const pairs = [gather, ...restored].map(
      ({ inputs, outputs }) => [outputs[0] ?? '', inputs[0] ?? ''] as const,
    );
    if (!pairs.every(([value, by]) => editor.isReplaceable(value, by)))
      return refused('a value that it sorts must keep its name');
    return {
      edit: () => {
        const inputs = node.inputs.with(lengthsPlace, int32Of(editor, unsorted));
        editor.update(node, { inputs });
        for (const [value, by] of pairs) editor.replace(value, by);
      },
    };
  },
};

/** L where element b of a value is L[order[b]]. */
function lengthsBefore(editor: GraphEditor, lengths: string, order: string): string | null {
  const [rows] = editor.elements.shape(lengths) ?? [];
  if (rows === undefined) return null;
  const b = index('b', rows);
  const found = editor.elements.at(lengths, [b]);
  const element = found.kind === 'number' ? asMultiple(found.value) : null;
  if (element?.atom.kind !== 'element' || element.coefficient !== 1 || element.atom.at.length !== 1)
    return null;
  const inner = asMultiple(element.atom.at[0] ?? b);
  const isSorted =
    inner?.atom.kind === 'element' &&
    inner.coefficient === 1 &&
    inner.atom.value === order &&
    inner.atom.at[0]?.key === b.key;
  return isSorted ? element.atom.value : null;
}
