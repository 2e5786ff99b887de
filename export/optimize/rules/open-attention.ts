/**
 * Attention(x, [Wq Wk Wv], b) = MultiHeadAttention(x Wq, x Wk, x Wv, b): the products stand open, so that they can be
 * quantised, or a query be taken of one token.
 */
import type { Node } from '../../../core/graph/ir.js';
import { packedNames } from '../../../core/graph/stored-parameters.js';
import { float32, type Tensor } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import { isKeyMask } from '../mask.js';
import type { Match, Rule } from '../rule.js';
import { columnsOf } from '../matrix.js';

export const openAttention: Rule = {
  name: 'open-attention',
  anchors: ['Attention'],
  match: (editor, node) => (node.domain === 'com.microsoft' ? matchAttention(editor, node) : null),
};

const parts = ['query', 'key', 'value'] as const;

/** A part under its own name, where it was packed under it and nothing has that name since. */
function unpacked(editor: GraphEditor, packed: string, place: number, tensor: Tensor): string {
  const own = packedNames(packed, parts.length)?.[place];
  if (own === undefined || editor.constant(own) !== null || editor.producer(own) !== undefined)
    return editor.initializer(`${packed}.${parts[place] ?? ''}`, tensor);
  editor.setInitializer(own, tensor);
  return own;
}

function matchAttention(editor: GraphEditor, node: Node): Match {
  const [x = '', weightsName = '', biasName = '', mask = '', ...others] = node.inputs;
  const weights = editor.constant(weightsName);
  const bias = biasName === '' ? null : editor.constant(biasName);
  const refusal = whyNot(editor, node, weights, mask, others);
  if (refusal !== null) return { refused: refusal };
  if (weights?.dtype !== 'float32') return { refused: 'its weights are no float32 constant' };
  if (biasName !== '' && bias?.dtype !== 'float32') return { refused: 'its bias is no float32 constant' };
  const width = (weights.shape[1] ?? 0) / 3;
  return {
    edit: () => {
      editor.remove(node);
      const products = parts.map((_, place) => {
        const [start, end] = [place * width, (place + 1) * width];
        const matrix = unpacked(editor, weightsName, place, columnsOf(weights, start, end));
        const [product = ''] = editor.add({ opType: 'MatMul', inputs: [x, matrix] }).outputs;
        if (bias?.dtype !== 'float32') return product;
        const shift = unpacked(editor, biasName, place, float32(bias.data.slice(start, end)));
        return editor.add({ opType: 'Add', inputs: [product, shift] }).outputs[0] ?? '';
      });
      const { num_heads, mask_filter_value, scale, unidirectional } = node.attributes;
      editor.add({
        opType: 'MultiHeadAttention',
        domain: 'com.microsoft',
        inputs: mask === '' ? products : [...products, '', mask],
        outputs: [node.outputs[0] ?? ''],
        attributes: {
          ...(num_heads === undefined ? {} : { num_heads }),
          ...(mask_filter_value === undefined ? {} : { mask_filter_value }),
          ...(scale === undefined ? {} : { scale }),
          ...(unidirectional === undefined ? {} : { unidirectional }),
        },
      });
    },
  };
}

function whyNot(
  editor: GraphEditor,
  { attributes, outputs, inputs: [x = ''] }: Node,
  weights: Tensor | null,
  mask: string,
  others: readonly string[],
): string | null {
  if (others.some((name) => name !== '')) return 'it has a past or a bias on its scores';
  if ((outputs[1] ?? '') !== '') return 'its keys and values are read';
  if ((attributes.do_rotary?.value ?? 0) !== 0) return 'it turns its queries';
  if (attributes.qkv_hidden_sizes !== undefined) return 'its queries, keys and values differ in width';
  if (weights?.shape.length !== 2) return 'its weights are no constant matrix';
  return mask === '' || isKeyMask(editor, mask, x) ? null : 'its mask is neither one of keys nor of lengths';
}
