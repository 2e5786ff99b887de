/** f(x) and f(x) are one value: common subexpressions. */
import type { Attribute, Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { type Rule } from '../rule.js';

export const mergeEqual: Rule = {
  name: 'merge-equal',
  anchors: 'any',
  match(editor, node) {
    const twin = node.inputs
      .filter((input) => input !== '')
      .slice(0, 1)
      .flatMap((input) => editor.readers(input))
      .find((other) => other !== node && isTwin(editor, other, node));
    if (twin === undefined) return null;
    return {
      edit: () => {
        node.outputs.forEach((output, place) => {
          const other = twin.outputs[place] ?? '';
          if (output !== '') editor.replace(output, other);
        });
      },
    };
  },
};

const random = /^(Random|Multinomial|Bernoulli|Dropout)/;

/** Whether `other` gives the same values and can give them to the readers of `node` too. */
function isTwin(editor: GraphEditor, other: Node, node: Node): boolean {
  return (
    other.opType === node.opType &&
    other.domain === node.domain &&
    other.overload === node.overload &&
    !random.test(node.opType) &&
    other.inputs.length === node.inputs.length &&
    other.inputs.every((input, place) => input === node.inputs[place]) &&
    other.outputs.length === node.outputs.length &&
    other.outputs.every((output, place) => (output === '') === (node.outputs[place] === '')) &&
    // The one that is an output of the graph stays.
    node.outputs.every(
      (output) => output === '' || (!editor.outputs.includes(output) && editor.isReplaceable(output, '')),
    ) &&
    isSameAttributes(other.attributes, node.attributes)
  );
}

function isSameAttributes(
  a: Readonly<Record<string, Attribute>>,
  b: Readonly<Record<string, Attribute>>,
): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isSameAttribute(a[name], b[name]));
}

function isSameAttribute(a: Attribute | undefined, b: Attribute | undefined): boolean {
  if (a === undefined || a.kind !== b?.kind || a.kind === 'graph' || b.kind === 'graph') return false;
  if (a.kind === 'tensor' && b.kind === 'tensor')
    return (
      a.value.dtype === b.value.dtype &&
      String(a.value.shape) === String(b.value.shape) &&
      a.value.data.every((value, place) => Object.is(value, b.value.data[place]))
    );
  return a.kind !== 'tensor' && b.kind !== 'tensor' && a.value.toString() === b.value.toString();
}
