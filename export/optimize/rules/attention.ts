/**
 * softmax(scale * (x Wq + bq)(x Wk + bk)^T + mask) (x Wv + bv), a head at a time and the heads side by side
 *   = Attention(x, [Wq Wk Wv], [bq bk bv], mask)
 *
 * Where rows of which every key is masked were given 0, since their softmax is 0 / 0, they are given 0 again behind
 * the operator, whose own filter is finite.
 *
 * Source: Vaswani et al., Attention Is All You Need, 2017, section 3.2.
 */
import { float, int } from '../../../core/graph/attributes.js';
import { float32 } from '../../../core/tensor.js';
import { findAttention } from '../attention/find.js';
import { packed } from '../attention/pack.js';
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
    const weights = packed(editor, found);
    if (typeof weights === 'string') return refused(weights);
    if (!setting.contrib) return refused('com.microsoft has it, which may not be used');
    const { heads, width, scale, mask, isGuarded, merged } = found;
    const needsGuard = isGuarded && filterOf(mask) === -Infinity;
    if (needsGuard && mask.kind !== 'rows')
      return refused('rows of length 0 are given 0, which cannot be kept');
    return {
      edit: () => {
        for (const output of [merged]) {
          const above = editor.producer(output);
          if (above !== undefined) editor.remove(above);
        }
        const kept = maskInput(editor, mask);
        const attended = editor.add({
          opType: 'Attention',
          domain: 'com.microsoft',
          inputs: [weights.x, weights.weight, weights.bias, kept].slice(0, kept === '' ? 3 : 4),
          outputs: [needsGuard ? '' : merged],
          attributes: {
            num_heads: int(heads),
            mask_filter_value: float(needsGuard ? lowest : (filterOf(mask) ?? lowest)),
            ...(Math.abs(scale * Math.sqrt(width) - 1) < 1e-6 ? {} : { scale: float(scale) }),
          },
        });
        if (needsGuard) guard(editor, attended.outputs[0] ?? '', kept, merged, setting.opset);
      },
    };
  },
};

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
