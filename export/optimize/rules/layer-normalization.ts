/** (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias = LayerNormalization(x, scale, bias) */
import { float, int } from '../../../core/graph/attributes.js';
import type { Node } from '../../../core/graph/ir.js';
import { axesOfNode } from '../axes.js';
import type { GraphEditor } from '../editor.js';
import { biased, producerOf } from '../operands.js';
import { refused, type Rule } from '../rule.js';
import { keepsShape } from '../same-shape.js';

/** Since which the standard domain has it; ONNX Runtime reads it in older files too. */
const standardSince = 17;

export const layerNormalization: Rule = {
  name: 'layer-normalization',
  anchors: ['Sqrt'],
  match(editor, node, { opset, contrib }) {
    const variance = producerOf(editor, node.inputs[0] ?? '', 'Add');
    const [a = '', b = ''] = variance?.inputs ?? [];
    const [left, right] = [editor.scalar(a), editor.scalar(b)];
    const epsilon = right ?? left;
    const squares = meanOf(editor, right === null ? b : a);
    const centred = squares === null ? null : squareOf(editor, squares);
    if (epsilon === null || centred === null) return null;
    const minus = producerOf(editor, centred, 'Sub');
    const [x = ''] = minus?.inputs ?? [];
    if (minus === null || meanOf(editor, minus.inputs[1] ?? '') !== x) return null;
    const normalized = quotient(editor, centred, node);
    const scaled = normalized === null ? null : editor.onlyReader(normalized.outputs[0] ?? '');
    if (normalized === null) return refused('what is divided by the deviation is not x - mean');
    const scale = scaled?.opType === 'Mul' ? vectorBeside(editor, scaled, normalized.outputs[0] ?? '') : null;
    if (scaled === null || scale === null) return refused('no vector scales what is normalised');
    if (opset < standardSince && !contrib)
      return refused(`opset ${String(opset)} has no LayerNormalization without ONNX Runtime's own`);
    const added = editor.onlyReader(scaled.outputs[0] ?? '');
    const bias = added === null ? null : biased(editor, added.outputs[0] ?? '');
    const last = bias !== null && bias.value === scaled.outputs[0] ? bias.node : scaled;
    if (!keepsShape(editor, x, last.outputs[0] ?? ''))
      return refused('its scale or bias makes more of x than x is');
    return {
      edit: () => {
        editor.remove(last);
        editor.add({
          opType: 'LayerNormalization',
          inputs: last === scaled ? [x, scale] : [x, scale, bias?.bias ?? ''],
          outputs: last.outputs,
          attributes: { axis: int(-1), epsilon: float(epsilon) },
        });
      },
    };
  },
};

/** What a value is the mean of over its last axis; null where it is none. */
function meanOf(editor: GraphEditor, value: string): string | null {
  const node = producerOf(editor, value, 'ReduceMean');
  const [input = ''] = node?.inputs ?? [];
  const rank = editor.rank(input);
  const axes = node === null ? null : axesOfNode(editor, node);
  const isLast = axes?.length === 1 && rank !== null && axes[0] === rank - 1;
  return isLast && node?.attributes.keepdims?.value !== 0 ? input : null;
}

/** What a value is the square of. */
function squareOf(editor: GraphEditor, value: string): string | null {
  const node = producerOf(editor, value, 'Pow', 'Mul');
  const [a = '', b = ''] = node?.inputs ?? [];
  if (node?.opType === 'Pow') return editor.scalar(b) === 2 ? a : null;
  return node !== null && a === b ? a : null;
}

/** centred / deviation, or centred * (1 / deviation). */
function quotient(editor: GraphEditor, centred: string, deviation: Node): Node | null {
  const reader = editor.onlyReader(deviation.outputs[0] ?? '');
  if (reader?.opType === 'Div') return reader.inputs[0] === centred ? reader : null;
  if (reader?.opType !== 'Reciprocal') return null;
  const product = editor.onlyReader(reader.outputs[0] ?? '');
  return product?.opType === 'Mul' && product.inputs.includes(centred) ? product : null;
}

function vectorBeside(editor: GraphEditor, { inputs }: Node, value: string): string | null {
  const other = inputs.find((input) => input !== value) ?? '';
  return editor.constant(other)?.shape.length === 1 ? other : null;
}
