/** Attention as exporters write it: as products around a softmax, or as the standard's operator. */
import { intAttribute } from '../../../core/graph/inference/rule.js';
import type { Node } from '../../../core/graph/ir.js';
import type { GraphEditor } from '../editor.js';
import type { Expression } from '../elements/expression.js';
import { constant, index, type Polynomial } from '../elements/polynomial.js';
import { keptWhere, maskOf } from '../mask.js';
import { joined, type Mask } from '../mask-kind.js';
import { isLastAxis } from '../operands.js';
import { refused, type Setting } from '../rule.js';
import { headAxes } from './axes.js';
import { type Merged, mergedHeads } from './merged.js';
import { type Projection, projectionOf } from './projection.js';
import { areScores, readScores } from './scores.js';

export interface FoundAttention {
  readonly query: Projection;
  readonly key: Projection;
  readonly value: Projection;
  readonly heads: number;
  /** Of a head. */
  readonly width: number;
  readonly scale: number;
  readonly mask: Mask;
  /** Whether what is no number becomes 0 behind the softmax. */
  readonly isGuarded: boolean;
  readonly merged: Merged;
}

type Found = FoundAttention | { readonly refused: string } | null;

export function findAttention(editor: GraphEditor, node: Node, setting: Setting): Found {
  return node.opType === 'Softmax' ? aroundSoftmax(editor, node, setting) : ofOperator(editor, node);
}

interface Operands {
  /** Names of values [batch, heads, time, width]; `key` is [batch, heads, width, time] where `isTurned`. Or with heads folded. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly isTurned: boolean;
  readonly context: string;
}

function aroundSoftmax(editor: GraphEditor, softmax: Node, { opset }: Setting): Found {
  const axis = intAttribute(softmax, 'axis', opset < 13 ? 1 : -1);
  const [input = ''] = softmax.inputs;
  const behind = behindSoftmax(editor, softmax);
  const keys = editor.elements.shape(input)?.at(-1);
  const context = behind?.product.outputs[0] ?? '';
  const width = editor.typeOf(context)?.shape?.at(-1);
  const isKnown = keys !== undefined && typeof width === 'number';
  const axes = isKnown ? headAxes(editor, input, keys, width, context) : null;
  const scores = axes === null ? null : readScores(editor, input, axes);
  if (axes === null ? !areScores(editor, input) : scores === null) return null;
  if (!isLastAxis(editor, softmax, axis)) return refused('the softmax is not over the last axis');
  if (behind === null) return refused('the probabilities are read by others, or changed, before the values');
  if (scores === null) return refused(unknownHeads);
  if (typeof scores.mask === 'string') return refused(scores.mask);
  const operands = {
    query: scores.query,
    key: scores.key,
    value: behind.product.inputs[1] ?? '',
    isTurned: true,
    context,
  };
  return assembled(editor, operands, scores.scale, scores.mask, behind.isGuarded);
}

const unknownHeads = 'the number of heads or their width is not known';

/** The product with the values, perhaps behind Where(IsNaN(p), 0, p). */
function behindSoftmax(editor: GraphEditor, { outputs: [probabilities = ''] }: Node) {
  let value = probabilities;
  let isGuarded = false;
  const readers = editor.readers(value);
  const isNaN = readers.find(({ opType }) => opType === 'IsNaN');
  const where = readers.find(({ opType }) => opType === 'Where');
  if (isNaN !== undefined && where !== undefined && readers.length === 2) {
    const [condition, zero = '', kept] = where.inputs;
    const isGuard = condition === isNaN.outputs[0] && kept === value && editor.uniform(zero) === 0;
    if (!isGuard || editor.isReadBeyond(value, [isNaN, where])) return null;
    value = where.outputs[0] ?? '';
    isGuarded = true;
  }
  const product = editor.onlyReader(value);
  return product?.opType === 'MatMul' && product.inputs[0] === value ? { product, isGuarded } : null;
}

/** ai.onnx Attention, since opset 23. */
function ofOperator(editor: GraphEditor, node: Node): Found {
  const [query = '', key = '', value = '', added = '', ...past] = node.inputs;
  const [context = '', ...more] = node.outputs;
  if (past.some((input) => input !== '')) return refused('it reads keys and values of the past');
  if (more.some((output) => output !== '')) return refused('more than its first output is read');
  const isCausal = intAttribute(node, 'is_causal', 0) !== 0;
  if ((node.attributes.softcap?.value ?? 0) !== 0) return refused('it caps the scores');
  if (editor.rank(query) !== 4) return refused('its heads are not apart');
  const [q, k] = [editor.elements.shape(query), editor.elements.shape(key)];
  const width = editor.typeOf(query)?.shape?.[3];
  if (q === null || k === null || typeof width !== 'number') return refused('its shapes are not known');
  const none = { kind: 'none' } as const;
  const plain = isCausal ? ({ kind: 'causal', filter: -Infinity } as const) : none;
  const others = added === '' ? none : operatorMask(editor, added, q, k);
  const mask = typeof others === 'string' ? others : joined(plain, others, () => -Infinity);
  if (typeof mask === 'string') return refused(mask);
  const told = node.attributes.scale;
  const scale = told?.kind === 'float' && told.value !== 0 ? told.value : 1 / Math.sqrt(width);
  // The runtime's kernel gives 0 to rows of which every key is masked.
  return assembled(editor, { query, key, value, isTurned: false, context }, scale, mask, true);
}

/** A mask of truths, or of numbers that are added. */
function operatorMask(
  editor: GraphEditor,
  name: string,
  [batch, heads, time]: readonly Polynomial[],
  [, , keys]: readonly Polynomial[],
): Mask | string {
  const sizes = [batch, heads, time, keys].map((size) => size ?? constant(1));
  const [b = constant(0), n = constant(0), s = constant(0), t = constant(0)] = sizes.map((size, place) =>
    index('bnst'[place] ?? '', size),
  );
  const found: Expression | null = editor.elements.broadcast(name, sizes, [b, n, s, t]);
  if (found === null) return 'the shape of its mask is not known';
  if (found.kind === 'truth') {
    if (found.truth.kind === 'always') return found.truth.value ? { kind: 'none' } : 'its mask is never true';
    return keptWhere(found.truth.condition, !found.truth.negated, -Infinity, { batch: b, query: s, key: t });
  }
  return maskOf(found, 1, { batch: b, query: s, key: t });
}

function assembled(
  editor: GraphEditor,
  { query, key, value, isTurned, context }: Operands,
  scale: number,
  mask: Mask,
  isGuarded: boolean,
): Found {
  const keys = editor.elements.shape(key)?.at(isTurned ? -1 : -2);
  const width = editor.typeOf(query)?.shape?.at(-1);
  if (keys === undefined || typeof width !== 'number') return refused(unknownHeads);
  const axes = headAxes(editor, query, keys, width, context);
  if (axes === null) return refused(unknownHeads);
  if (editor.typeOf(query)?.dtype !== 'float32') return refused('it is not computed in float32');
  const { query: s, key: t, within: d, heads } = axes;
  const projections = [
    projectionOf(editor, query, axes.at(s, d), { ...axes, time: s }),
    projectionOf(editor, key, isTurned ? axes.at(d, t) : axes.at(t, d), { ...axes, time: t }),
    projectionOf(editor, value, axes.at(t, d), { ...axes, time: t }),
  ];
  const wrong = projections.find((one) => typeof one === 'string');
  const [q, k, v] = projections.flatMap((one) => (typeof one === 'string' ? [] : [one]));
  if (q === undefined || k === undefined || v === undefined) return refused(wrong ?? '');
  if (Math.abs(v.factor - 1) > 1e-6) return refused('the values are scaled');
  const valueWidth = editor.typeOf(value)?.shape?.at(-1);
  if (valueWidth !== width) return refused('heads of values are of another width than those of queries');
  const merged = mergedHeads(editor, context, axes);
  if (merged === null) return refused('the heads are not put side by side behind it');
  return {
    query: q,
    key: k,
    value: v,
    heads,
    width,
    scale: scale * q.factor * k.factor,
    mask,
    isGuarded,
    merged,
  };
}
