/**
 * x * (1 + erf(x / sqrt(2))) / 2 = Gelu(x), in whichever order the factors stand
 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2 = FastGelu(x)
 *
 * Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
 */
import { text } from '../../../core/graph/attributes.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { producerOf, scaledValue } from '../operands.js';
import { refused, type Rule } from '../rule.js';
import { keepsShape } from '../same-shape.js';
import { univariate } from '../univariate.js';

/** Since which the standard domain has Gelu. */
const standardSince = 20;
/** By the powers of x, of what erf and tanh are taken. */
const inner = {
  Erf: [0, Math.SQRT1_2],
  Tanh: [0, Math.sqrt(2 / Math.PI), 0, 0.044715 * Math.sqrt(2 / Math.PI)],
} as const;
const near = 1e-3;

export const gelu: Rule = {
  name: 'gelu',
  anchors: ['Erf', 'Tanh'],
  match(editor, node, { contrib, opset }) {
    const form = node.opType === 'Erf' ? 'Erf' : 'Tanh';
    const plus = editor.onlyReader(node.outputs[0] ?? '');
    if (plus?.opType !== 'Add' || !plus.inputs.some((input) => editor.uniform(input) === 1)) return null;
    const found = product(editor, plus, (x) =>
      isInner(univariate(editor, node.inputs[0] ?? '', x), inner[form]),
    );
    if (found === null) return refused('it is not x * (1 + f(x)) / 2 of one x');
    if (!keepsShape(editor, found.x, found.last.outputs[0] ?? ''))
      return refused('a constant makes more of x than x is');
    if (!contrib && opset < standardSince) return refused(`opset ${String(opset)} has no Gelu`);
    return {
      edit: () => {
        editor.remove(found.last);
        const isTanh = form === 'Tanh';
        if (contrib)
          editor.add({
            opType: isTanh ? 'FastGelu' : 'Gelu',
            domain: 'com.microsoft',
            inputs: [found.x],
            outputs: found.last.outputs,
          });
        else
          editor.add({
            opType: 'Gelu',
            inputs: [found.x],
            outputs: found.last.outputs,
            attributes: isTanh ? { approximate: text('tanh') } : {},
          });
      },
    };
  },
};

/** Climbs from 1 + f(x) through products until they are x / 2 times it. */
function product(
  editor: GraphEditor,
  plus: Node,
  isArgument: (x: string) => boolean,
): { readonly x: string; readonly last: Node } | null {
  let x: string | null = null;
  let factor = 1;
  for (let below = plus; ;) {
    const [value = ''] = below.outputs;
    const next = editor.onlyReader(value);
    if (next === null || producerOf(editor, next.outputs[0] ?? '', 'Mul', 'Div') === null) return null;
    const scaled = scaledValue(editor, next.outputs[0] ?? '');
    if (scaled.value === value) factor *= scaled.factor;
    else {
      const other = next.inputs.find((input) => input !== value) ?? '';
      const halved = scaledValue(editor, other);
      if (x !== null || next.opType !== 'Mul') return null;
      if (isArgument(other)) x = other;
      else if (isArgument(halved.value)) {
        x = halved.value;
        factor *= halved.factor;
      } else return null;
    }
    if (x !== null && Math.abs(factor - 0.5) < near) return { x, last: next };
    below = next;
  }
}

function isInner(found: readonly number[] | null, wanted: readonly number[]): boolean {
  if (found === null) return false;
  const length = Math.max(found.length, wanted.length);
  return Array.from({ length }, (_, power) => Math.abs((found[power] ?? 0) - (wanted[power] ?? 0))).every(
    (apart) => apart < near,
  );
}
