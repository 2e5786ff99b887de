/** LayerNormalization(x + skip (+ bias)) = SkipLayerNormalization(x, skip, scale, bias of the norm (, bias)) */
import { float } from '../../../core/graph/attributes.js';
import { intAttribute } from '../../../core/graph/inference/rule.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { biased, isLastAxis, producerOf } from '../operands.js';
import { type Match, refused, type Rule } from '../rule.js';
import { isSameShape, isVectorOf } from '../same-shape.js';

export const skipLayerNormalization: Rule = {
  name: 'skip-layer-normalization',
  anchors: ['LayerNormalization', 'SkipLayerNormalization'],
  match(editor, node, { contrib }) {
    if (node.opType === 'SkipLayerNormalization') return withBias(editor, node);
    const [sum = '', scale = '', bias = ''] = node.inputs;
    const add = producerOf(editor, sum, 'Add');
    if (!contrib || node.domain !== '' || add === null) return null;
    const [a = '', b = ''] = add.inputs;
    if (editor.constant(a) !== null || editor.constant(b) !== null) return null;
    if (!isSameShape(editor, a, b)) return refused('the two that are added are not known to be of one shape');
    if (editor.rank(sum) !== 3)
      return refused(`what is normalised has ${String(editor.rank(sum))} axes, not 3`);
    if (!isLastAxis(editor, node, intAttribute(node, 'axis', -1)))
      return refused('it normalises over more than the last axis');
    if (![scale, bias].every((vector) => vector === '' || isVectorOf(editor, vector, sum)))
      return refused('its scale or bias is no vector as long as the last axis');
    if (node.outputs.slice(1).some((output) => output !== ''))
      return refused('its mean or deviation is read');
    // Either may have the bias of a product; one of them can be given.
    const first = biasedOnce(editor, a);
    const second = first === null ? biasedOnce(editor, b) : null;
    const [x, skip] = first !== null ? [first.value, b] : second !== null ? [second.value, a] : [a, b];
    const extra = first?.bias ?? second?.bias;
    const inputs = [x, skip, scale, bias, ...(extra === undefined ? [] : [extra])];
    while (inputs.at(-1) === '') inputs.pop();
    const epsilon = node.attributes.epsilon?.kind === 'float' ? node.attributes.epsilon.value : 1e-5;
    const isReadElsewhere = editor.isReadBeyond(sum, [node]);
    return {
      edit: () => {
        editor.remove(node);
        if (isReadElsewhere) editor.remove(add);
        editor.add({
          opType: 'SkipLayerNormalization',
          domain: 'com.microsoft',
          inputs,
          outputs: isReadElsewhere ? [node.outputs[0] ?? '', '', '', sum] : [node.outputs[0] ?? ''],
          attributes: { epsilon: float(epsilon) },
        });
      },
    };
  },
};

/** A bias that stood behind something else before. */
function withBias(editor: GraphEditor, node: Node): Match {
  const [a = '', b = '', scale = '', bias = '', extra = ''] = node.inputs;
  const [first, second] = [biasedOnce(editor, a), biasedOnce(editor, b)];
  const found = first ?? second;
  if (found === null || extra !== '') return null;
  const values = first === null ? [found.value, a] : [found.value, b];
  return {
    edit: () => {
      editor.update(node, { inputs: [...values, scale, bias, found.bias] });
    },
  };
}

/** A value plus a vector that nothing else reads. */
function biasedOnce(editor: GraphEditor, value: string): ReturnType<typeof biased> {
  return editor.onlyReader(value) === null ? null : biased(editor, value);
}
