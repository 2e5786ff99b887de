/**
 * softmax(scale * (x Wq + bq)(x Wk + bk)^T + mask) (x Wv + bv), a head at a time and the heads side by side
 *   = Attention(x, [Wq Wk Wv], [bq bk bv], mask)
 *
 * Where keys and values are projected from another value than queries, as in a decoder that reads an encoder, it is
 * MultiHeadAttention(x Wq + bq, y Wk + bk, z Wv + bv, mask).
 *
 * Where rows of which every key is masked were given 0, since their softmax is 0 / 0, they are given 0 again behind
 * the operator, whose own filter is finite.
 *
 * Source: Vaswani et al., Attention Is All You Need, 2017, section 3.2.
 */
import { float, int } from '../../../core/graph/attributes.js';
import { float32 } from '../../../core/tensor.js';
import { findAttention, type FoundAttention } from '../attention/find.js';
import { apart, packed } from '../attention/pack.js';
import type { GraphEditor } from '../editor.js';
import { anyKept, type Mask, maskInput } from '../mask.js';
import { refused, type Rule } from '../rule.js';

/** What ONNX Runtime adds where nothing else is said, and finite where a softmax must not divide 0 by 0. */
const lowest = -3.4028234663852886e38;

export const attention: Rule = {
  name: 'attention',
  anchors: ['Softmax', 'Attention'],
  match(editor, node, setting) {
    if (node.domain !== '') return null;
    const found = findAttention(editor, node, setting);
    if (found === null || 'refused' in found) return found;
    const isSelf = found.key.x === found.query.x && found.value.x === found.query.x;
    const { heads, width, scale, mask, isGuarded, merged } = found;
    if (!isSelf) {
      const why = whyNotAcross(editor, found);
      if (why !== null) return refused(why);
    }
    if (!setting.contrib) return refused('com.microsoft has it, which may not be used');
    // A query looks at its own place at least, where none is masked but those behind it.
    const needsGuard = isGuarded && mask.kind !== 'causal' && filterOf(mask) === -Infinity;
    if (needsGuard && mask.kind !== 'rows')
      return refused('rows of length 0 are given 0, which cannot be kept');
    return {
      edit: () => {
        for (const output of [merged]) {
          const above = editor.producer(output);
          if (above !== undefined) editor.remove(above);
        }
        const filter = filterOf(mask) ?? lowest;
        const isFinite = needsGuard || (mask.kind === 'causal' && filter === -Infinity);
        const kept = maskInput(editor, mask);
        const attended = editor.add({
          opType: isSelf ? 'Attention' : 'MultiHeadAttention',
          domain: 'com.microsoft',
          inputs: isSelf ? ofOneValue(editor, found, kept) : ofSeveral(editor, found, kept),
          outputs: [needsGuard ? '' : merged],
          attributes: {
            num_heads: int(heads),
            mask_filter_value: float(isFinite ? lowest : filter),
            ...(mask.kind === 'causal' ? { unidirectional: int(1) } : {}),
            ...(Math.abs(scale * Math.sqrt(width) - 1) < 1e-6 ? {} : { scale: float(scale) }),
          },
        });
        if (needsGuard) guard(editor, attended.outputs[0] ?? '', kept, merged, setting.opset);
      },
    };
  },
};

function ofOneValue(editor: GraphEditor, found: FoundAttention, mask: string): string[] {
  const { x, weight, bias } = packed(editor, found);
  return [x, weight, bias, mask].slice(0, mask === '' ? 3 : 4);
}

function ofSeveral(editor: GraphEditor, found: FoundAttention, mask: string): string[] {
  const parts = [found.query, found.key, found.value].map((part) => apart(editor, part, found));
  return mask === '' ? parts : [...parts, '', mask];
}

function whyNotAcross(editor: GraphEditor, { query, key, value, mask }: FoundAttention): string | null {
  if (mask.kind === 'causal') return 'it looks back only, over places of another value';
  const [first, ...others] = [query, key, value].map(({ x }) => editor.elements.shape(x)?.[0]?.key);
  return first !== undefined && others.every((batch) => batch === first)
    ? null
    : 'queries, keys and values are projected from values of other numbers of rows';
}

function filterOf(mask: Mask): number | null {
  return mask.kind === 'none' ? null : mask.filter;
}

function guard(editor: GraphEditor, attended: string, mask: string, merged: string, opset: number): void {
  const zero = editor.initializer('nothing', float32([0], []));
  editor.add({
    opType: 'Where',
    inputs: [anyKept(editor, mask, opset), attended, zero],
    outputs: [merged],
  });
}
