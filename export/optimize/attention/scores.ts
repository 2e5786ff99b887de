/** Scores of queries and keys, with what scales and masks them, upwards from the softmax. */
import type { GraphEditor } from '../editor.js';
import type { Polynomial } from '../elements/polynomial.js';
import { keptWhere, maskOf } from '../mask.js';
import { joined, type Mask, type Twice } from '../mask-kind.js';
import { producerOf, scaledValue } from '../operands.js';
import type { HeadAxes } from './axes.js';

interface Scores {
  readonly query: string;
  readonly key: string;
  readonly scale: number;
  /** Or why there is none. */
  readonly mask: Mask | string;
}

/** null where no product is found: then it is another softmax. */
export function readScores(editor: GraphEditor, value: string, axes: HeadAxes): Scores | null {
  const shape = editor.elements.shape(value);
  if (shape === null) return null;
  let scale = 1;
  let mask: Mask | string = { kind: 'none' };
  let twice: Twice = (first) => first;
  for (let at = value; ;) {
    const product = producerOf(editor, at, 'MatMul');
    if (product !== null) {
      const [query = '', key = ''] = product.inputs;
      return editor.constant(key) === null ? { query, key, scale, mask } : null;
    }
    const scaled = scaledValue(editor, at);
    if (scaled.value !== at) {
      scale *= scaled.factor;
      at = scaled.value;
      continue;
    }
    const masked = maskedBy(editor, at, shape, axes, scale);
    if (masked === null) return null;
    if (typeof mask !== 'string')
      mask = typeof masked.mask === 'string' ? masked.mask : joined(mask, masked.mask, twice);
    twice = masked.twice;
    at = masked.scores;
  }
}

/** Whether a product of two values that are no constants is above, through scaling and masking. */
export function areScores(editor: GraphEditor, value: string, depth = 6): boolean {
  const node = producerOf(editor, value, 'MatMul', 'Add', 'Mul', 'Div', 'Where');
  if (node === null || depth === 0) return false;
  if (node.opType === 'MatMul') return node.inputs.every((input) => editor.constant(input) === null);
  return node.inputs.some((input) => areScores(editor, input, depth - 1));
}

interface Masked {
  readonly scores: string;
  readonly mask: Mask | string;
  /** Of keys that are masked above too: what is added comes to that, what is chosen takes its place. */
  readonly twice: Twice;
}

/** scores + mask, or a choice between scores and a large negative number. */
function maskedBy(
  editor: GraphEditor,
  value: string,
  shape: readonly Polynomial[],
  axes: HeadAxes,
  scale: number,
): Masked | null {
  const places = axes.at(axes.query, axes.key);
  const node = producerOf(editor, value, 'Add', 'Where');
  if (node?.opType === 'Add') {
    const [a = '', b = ''] = node.inputs;
    const [scores, added] = leadsToProduct(editor, a) ? [a, b] : [b, a];
    const twice: Twice = (first, second) => first + second;
    const found = editor.elements.broadcast(added, shape, places);
    const mask =
      found === null ? 'the shape of what is added to the scores is not known' : maskOf(found, scale, axes);
    return { scores, mask, twice };
  }
  if (node?.opType === 'Where') {
    const [condition = '', then = '', otherwise = ''] = node.inputs;
    const [first, second] = [editor.uniform(then), editor.uniform(otherwise)];
    const chosen = first ?? second;
    const found = editor.elements.broadcast(condition, shape, places);
    if (chosen === null || found?.kind !== 'truth') return null;
    const filter = chosen * scale;
    const twice: Twice = () => filter;
    const scores = first === null ? then : otherwise;
    if (found.truth.kind === 'always') return { scores, mask: 'a mask that is the same everywhere', twice };
    const isKept = (first === null) !== found.truth.negated;
    return { scores, mask: keptWhere(found.truth.condition, isKept, filter, axes), twice };
  }
  return null;
}

/** Whether a product of two values is above, through scaling and masking. */
function leadsToProduct(editor: GraphEditor, value: string, depth = 6): boolean {
  const node = producerOf(editor, value, 'MatMul', 'Add', 'Mul', 'Div', 'Where');
  if (node === null || depth === 0) return false;
  if (node.opType === 'MatMul') return true;
  return node.inputs.some((input) => leadsToProduct(editor, input, depth - 1));
}
