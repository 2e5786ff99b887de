/**
 * f(transpose(x)) = transpose(f(x)) where f works token by token and the first two axes change places: it moves down to
 * its inverse, so that a network that keeps time before rows is computed with rows first, as attention's operators are.
 */
import { ints } from '../../../core/graph/attributes.js';
import { intsAttribute } from '../../../core/graph/inference/rule.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { producerOf } from '../operands.js';
import type { Rule } from '../rule.js';
import { tokenInputs } from '../token-wise.js';

const perm = [1, 0, 2];

export const transposeLater: Rule = {
  name: 'transpose-later',
  anchors: 'any',
  match(editor, node) {
    const held = tokenInputs(editor, node);
    if (held === null) return null;
    const outputs = node.outputs.filter((output) => isRead(editor, output));
    const values = [...new Set(held.map((place) => node.inputs[place] ?? ''))];
    const turned = values.map((value) => turnedOf(editor, value));
    if (!turned.every((value) => value !== null)) return null;
    // Those whose readers all let them pass fall away, and one comes behind each output.
    const fallen = values.filter((value) => isTurn(editor.producer(value)) && isPassed(editor, value));
    const cancelled = outputs.filter((output) => leadsToTurn(editor, output));
    const left = outputs.length - cancelled.length;
    if (fallen.length === 0 || fallen.length <= left) return null;
    const found = new Map(values.map((value, place) => [value, turned[place] ?? value]));
    return {
      edit: () => {
        editor.remove(node);
        const { opType, domain, attributes } = node;
        const inputs = node.inputs.map((input, place) =>
          held.includes(place) ? (found.get(input) ?? input) : input,
        );
        const made = editor.add({ opType, domain, attributes, inputs, outputs: node.outputs.map(() => '') });
        for (const [place, output] of node.outputs.entries())
          if (outputs.includes(output))
            editor.add({
              opType: 'Transpose',
              inputs: [made.outputs[place] ?? ''],
              outputs: [output],
              attributes: { perm: ints(perm) },
            });
      },
    };
  },
};

function isRead(editor: GraphEditor, value: string): boolean {
  return editor.outputs.includes(value) || editor.readers(value).length > 0;
}

function isTurn(node: Node | undefined): boolean {
  return (
    node?.domain === '' && node.opType === 'Transpose' && String(intsAttribute(node, 'perm')) === String(perm)
  );
}

/** What a value is the transpose of, or its transpose that another reads; null where the graph has neither. */
function turnedOf(editor: GraphEditor, value: string): string | null {
  const above = producerOf(editor, value, 'Transpose');
  if (above !== null && isTurn(above)) return above.inputs[0] ?? null;
  return editor.readers(value).find(isTurn)?.outputs[0] ?? null;
}

function isPassed(editor: GraphEditor, value: string): boolean {
  const readers = editor.readers(value);
  return (
    !editor.outputs.includes(value) &&
    readers.every((reader) => isTurn(reader) || isTaken(reader) || tokenInputs(editor, reader) !== null)
  );
}

/** Whether a node takes one place of either of the first two axes, which it can before they change places. */
function isTaken({ opType, attributes }: Node): boolean {
  return opType === 'Gather' && [0, 1].includes(Number(attributes.axis?.value ?? 0));
}

/** Whether what is computed of a value token by token is transposed somewhere below, or needs not be. */
function leadsToTurn(editor: GraphEditor, value: string, seen = new Set<string>()): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  return editor
    .readers(value)
    .some(
      (reader) =>
        isTurn(reader) ||
        isTaken(reader) ||
        (tokenInputs(editor, reader) !== null && leadsToTurn(editor, reader.outputs[0] ?? '', seen)),
    );
}
