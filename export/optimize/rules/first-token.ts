/**
 * f(x)[:, i:j] = f(x[:, i:j]) where f works token by token: a slice of tokens (a classifier's first) is taken as early
 * as can be, so that the last layer computes those tokens alone. Through attention it goes by the queries, while keys
 * and values keep every token. Exact.
 */
import { int64 } from '../../../core/tensor.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import { asNumber } from '../elements/polynomial.js';
import { isKeyMask } from '../mask.js';
import { type Match, refused, type Rule } from '../rule.js';
import { squeezed } from '../squeezed.js';
import { tokenInputs } from '../token-wise.js';

/** Since which Slice takes its bounds as inputs. */
const oldestOpset = 10;

export const firstToken: Rule = {
  name: 'first-token',
  anchors: ['Slice', 'Gather'],
  match(editor, node, { opset }) {
    if (node.domain !== '') return null;
    const [x = ''] = node.inputs;
    const above = editor.producer(x);
    if (above === undefined || editor.rank(x) !== 3) return null;
    if (node.opType === 'Gather') return asSlice(editor, node, above, opset);
    if (!isTokenSlice(editor, node)) return null;
    const places = inputsToSlice(editor, above);
    if (places === null) return null;
    if (editor.isReadBeyond(x, [node])) return null;
    if (above.outputs.filter((output) => output !== '').length > 1) return null;
    return {
      edit: () => {
        moveUp(editor, node, above, places);
      },
    };
  },
};

/** x[:, i] as squeeze(x[:, i:i+1]), where the slice can then be moved. */
function asSlice(editor: GraphEditor, node: Node, above: Node, opset: number): Match {
  const [x = '', indexName = ''] = node.inputs;
  const index = editor.scalar(indexName);
  const indexRank = editor.constant(indexName)?.shape.length;
  if (node.attributes.axis?.value !== 1 || index === null || indexRank !== 0 || index < 0) return null;
  if (editor.isReadBeyond(x, [node]) || inputsToSlice(editor, above) === null) return null;
  if (opset < oldestOpset) return refused(`opset ${String(opset)} has no Slice with bounds as inputs`);
  return {
    edit: () => {
      editor.remove(node);
      const bounds = [[index], [index + 1], [1]].map((value) => editor.initializer('tokens', int64(value)));
      const [slice = ''] = editor.add({ opType: 'Slice', inputs: [x, ...bounds] }).outputs;
      squeezed(editor, slice, [1], opset, node.outputs[0]);
    },
  };
}

function isTokenSlice(
  editor: GraphEditor,
  { inputs: [, starts = '', ends = '', axes = '', steps = ''] }: Node,
) {
  const [start, end, axis] = [starts, ends, axes].map((name) => editor.scalar(name));
  const step = steps === '' ? 1 : editor.scalar(steps);
  return (
    start != null && end != null && start >= 0 && end > start && end < 2 ** 31 && axis === 1 && step === 1
  );
}

/** null where the operator does not work token by token. */
function inputsToSlice(editor: GraphEditor, node: Node): readonly number[] | null {
  if (node.opType !== 'MultiHeadAttention') return withTokens(editor, node, tokenInputs(editor, node) ?? []);
  const isSliceable = node.domain === 'com.microsoft' && editor.rank(node.inputs[0] ?? '') === 3;
  return isSliceable && isPlainAttention(editor, node) ? [0] : null;
}

/** Of inputs that broadcast, those that hold every token, not one for all; null where that is not known. */
function withTokens(
  editor: GraphEditor,
  { inputs, outputs }: Node,
  held: readonly number[],
): number[] | null {
  if (held.length < 2) return held.length === 0 ? null : [...held];
  const tokens = (value = '') => editor.elements.shape(value)?.[1];
  const whole = tokens(outputs[0])?.key;
  const lengths = held.map((place) => ({ place, length: tokens(inputs[place]) }));
  const isTold = lengths.every(
    ({ length }) => length !== undefined && (length.key === whole || asNumber(length) === 1),
  );
  const places = lengths.filter(({ length }) => length?.key === whole).map(({ place }) => place);
  return isTold && places.length > 0 ? places : null;
}

/** A mask over keys or lengths, or none; no past and no bias on the scores, whose shapes have the queries' length. */
function isPlainAttention(editor: GraphEditor, { inputs, attributes }: Node): boolean {
  const [, key = '', value = '', , mask = '', ...others] = inputs;
  return (
    editor.rank(key) === 3 &&
    editor.rank(value) === 3 &&
    (mask === '' || isKeyMask(editor, mask, key)) &&
    others.every((name) => name === '') &&
    (attributes.unidirectional?.value ?? 0) === 0
  );
}

function moveUp(editor: GraphEditor, slice: Node, above: Node, places: readonly number[]): void {
  const bounds = slice.inputs.slice(1);
  editor.remove(slice);
  editor.remove(above);
  const sliced = new Map<string, string>();
  for (const place of places) {
    const name = above.inputs[place] ?? '';
    if (!sliced.has(name))
      sliced.set(name, editor.add({ opType: 'Slice', inputs: [name, ...bounds] }).outputs[0] ?? '');
  }
  editor.add({
    opType: above.opType,
    domain: above.domain,
    attributes: above.attributes,
    inputs: above.inputs.map((name, place) => (places.includes(place) ? (sliced.get(name) ?? name) : name)),
    outputs: slice.outputs,
  });
}
