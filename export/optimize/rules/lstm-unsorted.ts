/**
 * lstm(x[p], lengths[p])[inverse of p] = lstm(x, lengths): rows need not be sorted by length for the operator, as an
 * exporter's packed sequences are, and need not be put back. So it is of GRU and RNN, and of one on top of another.
 */
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { int32Of } from '../int32-of.js';
import { rowGather } from '../lstm/row-gather.js';
import { permutationAt, restoring } from '../lstm/permutation.js';
import { initialStates, lengthsPlace, recurrentOperators } from '../lstm/recurrent.js';
import { refused, type Rule } from '../rule.js';
import { asMultiple, index } from '../elements/polynomial.js';

export const lstmUnsorted: Rule = {
  name: 'lstm-unsorted',
  anchors: recurrentOperators,
  match(editor, node) {
    const [x = ''] = node.inputs;
    const lengths = node.inputs[lengthsPlace] ?? '';
    const gather = node.domain === '' && lengths !== '' ? rowGather(editor, x) : null;
    const order = gather === null ? null : permutationAt(editor, gather.inputs[1] ?? '');
    if (gather === null || order === null) return null;
    const unsorted = lengthsBefore(editor, lengths, order);
    if (unsorted === null) return refused('its lengths are not sorted as its rows are');
    const stack = stackFrom(editor, node, order);
    if (typeof stack === 'string') return refused(stack);
    const pairs = [gather, ...stack.restored].map(
      ({ inputs, outputs }) => [outputs[0] ?? '', inputs[0] ?? ''] as const,
    );
    if (!pairs.every(([value, by]) => editor.isReplaceable(value, by)))
      return refused('a value that it sorts must keep its name');
    return {
      edit: () => {
        const whole = int32Of(editor, unsorted);
        for (const one of stack.recurrent)
          editor.update(one, { inputs: one.inputs.with(lengthsPlace, whole) });
        for (const [value, by] of pairs) editor.replace(value, by);
      },
    };
  },
};

interface Stack {
  /** The operator and those that read what it gives, all with sorted rows. */
  readonly recurrent: readonly Node[];
  /** Gathers that put rows back in order. */
  readonly restored: readonly Node[];
}

/** @returns why rows cannot be left in their order */
function stackFrom(editor: GraphEditor, first: Node, order: string): Stack | string {
  const recurrent: Node[] = [];
  const [restored, joined] = [new Set<Node>(), new Set<Node>()];
  const pending = [first];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (recurrent.includes(node)) continue;
    recurrent.push(node);
    if (initialStates.some((place) => (node.inputs[place] ?? '') !== ''))
      return 'its initial states are given, sorted as well';
    if (node !== first && lengthsBefore(editor, node.inputs[lengthsPlace] ?? '', order) === null)
      return 'the lengths of the one behind it are not sorted as its rows are';
    // Y is [time, directions, batch, hidden], Y_h and Y_c [directions, batch, hidden].
    for (const [place, output] of node.outputs.entries()) {
      const found = output === '' ? [] : restoring(editor, output, place === 0 ? 2 : 1, order);
      if (found === null) return `what reads ${output} does not put the rows back in order`;
      for (const one of found) {
        if (recurrentOperators.includes(one.opType)) pending.push(one);
        else (one.opType === 'Concat' ? joined : restored).add(one);
      }
    }
  }
  const sorted = recurrent.flatMap(({ outputs }) => outputs);
  const other = [...joined].flatMap(({ inputs }) => inputs).find((input) => !sorted.includes(input));
  return other === undefined
    ? { recurrent, restored: [...restored] }
    : `its rows are put back in order together with ${other}`;
}

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
