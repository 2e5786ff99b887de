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
import { isMoved, moveTo } from '../attention/merged.js';
import { apart, packed } from '../attention/pack.js';
import type { GraphEditor } from '../editor.js';
import { anyKept, maskInput } from '../mask.js';
import { filterFor, type Mask } from '../mask-kind.js';
import { refused, type Rule, type Setting } from '../rule.js';

export const attention: Rule = {
  name: 'attention',
  anchors: ['Softmax', 'Attention'],
  match(editor, node, setting) {
    if (node.domain !== '') return null;
    const found = findAttention(editor, node, setting);
    if (found === null || 'refused' in found) return found;
    const { heads, width, scale, mask, merged } = found;
    const isSelf = [found.key, found.value].every(
      ({ x, isTimeMajor }) => x === found.query.x && isTimeMajor === found.query.isTimeMajor,
    );
    const why = (isSelf ? null : whyNotAcross(editor, found)) ?? whyNotMask(found, setting);
    if (why !== null) return refused(why);
    if (!setting.contrib) return refused('com.microsoft has it, which may not be used');
    const instead = insteadOfNothing(found);
    return {
      edit: () => {
        const above = editor.producer(merged.value);
        if (above !== undefined) editor.remove(above);
        const kept = maskInput(editor, mask, setting.opset);
        const attended = editor.add({
          opType: isSelf ? 'Attention' : 'MultiHeadAttention',
          domain: 'com.microsoft',
          inputs: isSelf ? ofOneValue(editor, found, kept) : ofSeveral(editor, found, kept),
          outputs: [instead === null && !isMoved(merged) ? merged.value : ''],
          attributes: {
            num_heads: int(heads),
            mask_filter_value: float(filterFor(mask, instead !== null)),
            ...(isCausal(mask) ? { unidirectional: int(1) } : {}),
            ...(Math.abs(scale * Math.sqrt(width) - 1) < 1e-6 ? {} : { scale: float(scale) }),
          },
        });
        const [output = ''] = attended.outputs;
        const seen = instead === null ? output : guarded(editor, output, kept, found, instead, setting.opset);
        if (isMoved(merged)) moveTo(editor, seen, merged, heads * width);
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

function isCausal({ kind }: Mask): boolean {
  return kind === 'causal' || kind === 'causal-keys';
}

function whyNotAcross(editor: GraphEditor, { query, key, value, mask }: FoundAttention): string | null {
  if (isCausal(mask)) return 'it looks back only, over places of another value';
  const [first, ...others] = [query, key, value].map(
    ({ x, isTimeMajor }) => editor.elements.shape(x)?.[isTimeMajor ? 1 : 0]?.key,
  );
  return first !== undefined && others.every((batch) => batch === first)
    ? null
    : 'queries, keys and values are projected from values of other numbers of rows';
}

function whyNotMask(found: FoundAttention, { target, opset }: Setting): string | null {
  const { mask } = found;
  const keys = mask.kind === 'causal-keys' ? mask.keys : mask;
  if (insteadOfNothing(found) !== null && keys.kind !== 'rows')
    return 'rows of length 0 are given another value than others, which cannot be kept';
  if (insteadOfNothing(found) !== null && isCausal(mask) && opset < 11)
    return 'queries that see no key are found by CumSum, which came with opset 11';
  // Its kernel gives keys behind the query an infinite filter.
  return target === 'cuda' && mask.kind === 'causal-keys' && mask.blind === 'every key'
    ? 'what a query gets that sees no key is another thing in the kernel for CUDA'
    : null;
}

/** What stands in place of the result where no key is looked at; null where the operator gives what it should. */
function insteadOfNothing({ mask, isGuarded }: FoundAttention): number | null {
  if (mask.kind === 'causal-keys') return mask.blind !== 'nothing' ? null : isGuarded ? 0 : NaN;
  // A query looks at its own place at least, where none is masked but those behind it.
  return isGuarded && mask.kind !== 'none' && mask.kind !== 'causal' && mask.filter === -Infinity ? 0 : null;
}

function guarded(
  editor: GraphEditor,
  attended: string,
  kept: string,
  { mask, merged }: FoundAttention,
  instead: number,
  opset: number,
): string {
  const [output = ''] = editor.add({
    opType: 'Where',
    inputs: [
      anyKept(editor, kept, isCausal(mask), opset),
      attended,
      editor.initializer('nothing', float32([instead], [])),
    ],
    outputs: [isMoved(merged) ? '' : merged.value],
  }).outputs;
  return output;
}
