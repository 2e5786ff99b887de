/**
 * com.microsoft.MultiHeadAttention(q, k, v, mask) = ai.onnx.Attention(q, k, v, added): on CPU the standard's kernel reads
 * heads where they stand, while the other one transposes them first. What the other one adds to the scores in each layer
 * anew, 0 where a key is looked at and the filter elsewhere, is a value here, [batch, 1, queries, keys], and made once.
 * Exact.
 */
import { int } from '../../../core/graph/attributes.js';
import { onnxDataTypes } from '../../../core/graph/data-types.js';
import type { Node } from '../../../core/graph/ir.js';
import { float32, int32, int64 } from '../../../core/tensor.js';
import { added } from '../added.js';
import type { GraphEditor } from '../editor.js';
import { asNumber, zero } from '../elements/polynomial.js';
import { isKeyMask } from '../mask.js';
import { refused, type Rule } from '../rule.js';
import { squeezed } from '../squeezed.js';

/** Since which the standard domain has Attention. */
export const opsetOfAttention = 23;
/** Of com.microsoft. */
const defaultFilter = -10_000;
/** Below it the standard's kernel may take a row of which every key is masked for one that gives 0; it leaves as little of a score. */
const lowestFilter = -1e30;

export const standardAttention: Rule = {
  name: 'standard-attention',
  anchors: ['MultiHeadAttention'],
  match(editor, node, { opset }) {
    if (node.domain !== 'com.microsoft') return null;
    const refusal = whyNot(editor, node);
    if (refusal !== null) return refused(refusal);
    if (opset < opsetOfAttention) return refused(`opset ${String(opset)} has no Attention`);
    return {
      edit: () => {
        replaced(editor, node);
      },
    };
  },
};

function whyNot(editor: GraphEditor, { inputs, outputs, attributes }: Node): string | null {
  const [query = '', key = '', value = '', bias = '', mask = '', ...others] = inputs;
  const projected = [query, key, value];
  if (projected.some((name) => editor.rank(name) !== 3)) return 'its heads do not stand side by side';
  if (projected.some((name) => editor.typeOf(name)?.dtype !== 'float32')) return 'it is not of float32';
  if (bias !== '' || others.some((name) => name !== '')) return 'it has a bias or a past';
  if (outputs.slice(1).some((name) => name !== '')) return 'its keys and values are read';
  if ((attributes.unidirectional?.value ?? 0) !== 0) return 'it looks back only';
  if (mask === '') return null;
  if (filterOf(attributes) === -Infinity) return 'a row of which every key is masked gives no number';
  return isKeyMask(editor, mask, key) ? null : 'its mask is neither one of keys nor of lengths';
}

function filterOf({ mask_filter_value: filter }: Node['attributes']): number {
  return filter?.kind === 'float' ? filter.value : defaultFilter;
}

function replaced(editor: GraphEditor, node: Node): void {
  const { num_heads, scale } = node.attributes;
  const [query = '', key = '', value = '', , mask = ''] = node.inputs;
  editor.remove(node);
  const inputs = [query, key, value];
  if (mask !== '') {
    const filter = Math.max(filterOf(node.attributes), lowestFilter);
    inputs.push(addedScores(editor, mask, filter, query, key));
  }
  editor.add({
    opType: 'Attention',
    inputs,
    outputs: node.outputs,
    attributes: {
      ...(num_heads === undefined ? {} : { q_num_heads: num_heads, kv_num_heads: num_heads }),
      ...(scale === undefined || scale.value === 0 ? {} : { scale }),
    },
  });
}

/** What is added to the scores: [batch, 1, queries, keys]. */
function addedScores(editor: GraphEditor, mask: string, filter: number, query: string, key: string): string {
  const kept =
    editor.rank(mask) === 2
      ? added(editor, 'Greater', [mask, editor.initializer('masked', int32([0], []))])
      : withinLengths(editor, mask, key);
  const [none, far] = [0, filter].map((number) => editor.initializer('added', float32([number], [])));
  const row = added(editor, 'Where', [kept, none ?? '', far ?? '']);
  const one = added(editor, 'Unsqueeze', [row, editor.initializer('axes', int64([1, 2]))]);
  if (asNumber(editor.elements.shape(query)?.[1] ?? zero) === 1) return one;
  // The kernel takes no mask of one query for all.
  const single = editor.initializer('single', int64([1]));
  const shape = added(editor, 'Concat', [single, single, lengthOf(editor, query), single], { axis: int(0) });
  return added(editor, 'Expand', [one, shape]);
}

/** Whether a key's place is below its row's length: [batch, keys]. */
function withinLengths(editor: GraphEditor, lengths: string, key: string): string {
  const end = squeezed(editor, lengthOf(editor, key), [0], opsetOfAttention);
  const [start, step] = [0, 1].map((number) => editor.initializer('step', int64([number], [])));
  const places = added(editor, 'Range', [start ?? '', end, step ?? '']);
  const column = added(editor, 'Unsqueeze', [lengths, editor.initializer('axes', int64([1]))]);
  const wide = added(editor, 'Cast', [column], { to: int(onnxDataTypes.int64) });
  return added(editor, 'Less', [places, wide]);
}

/** The length of axis 1, [1]: that of an input where one is as long, so that layers share what is made of it. */
function lengthOf(editor: GraphEditor, value: string): string {
  const length = editor.elements.shape(value)?.[1]?.key;
  const axisIn = (input: string) =>
    length === undefined ? -1 : (editor.elements.shape(input) ?? []).findIndex(({ key }) => key === length);
  const input = editor.inputs.find((one) => axisIn(one) >= 0);
  const [from, axis] = input === undefined ? [value, 1] : [input, axisIn(input)];
  return added(editor, 'Shape', [from], { start: int(axis), end: int(axis + 1) });
}
