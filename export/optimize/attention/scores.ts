/** Scores of queries and keys, with what scales and masks them, upwards from the softmax. */
import type { GraphEditor } from '../editor.js';
import { constant, index, type Polynomial } from '../elements/polynomial.js';
import { keptWhere, type Mask, maskOf } from '../mask.js';
import { producerOf, scaledValue } from '../operands.js';

interface Scores {
  readonly query: string;
  readonly key: string;
  readonly scale: number;
  /** Or why there is none. */
  readonly mask: Mask | string;
}

/** null where no product is found: then it is another softmax. */
export function readScores(editor: GraphEditor, value: string): Scores | null {
  const shape = editor.elements.shape(value);
  if (shape?.length !== 4) return null;
  const places = shape.map((size, place) => index('bnst'[place] ?? '', size));
  let scale = 1;
  let mask: Mask | string = { kind: 'none' };
  const meet = (found: Mask | string) => {
    if (typeof mask === 'string' || (typeof found !== 'string' && found.kind === 'none')) return;
    if (typeof found === 'string' || mask.kind === 'none') mask = found;
    else if (found.kind === 'causal' || mask.kind === 'causal')
      mask = 'it looks back only, and rows are masked besides';
    else mask = 'the scores are masked twice';
  };
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
    const masked = maskedBy(editor, at, shape, places, scale);
    if (masked === null) return null;
    meet(masked.mask);
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

/** scores + mask, or a choice between scores and a large negative number. */
function maskedBy(
  editor: GraphEditor,
  value: string,
  shape: readonly Polynomial[],
  places: readonly Polynomial[],
  scale: number,
): { readonly scores: string; readonly mask: Mask | string } | null {
  const [batch = constant(0), , query = constant(0), key = constant(0)] = places;
  const node = producerOf(editor, value, 'Add', 'Where');
  if (node?.opType === 'Add') {
    const [a = '', b = ''] = node.inputs;
    const [scores, added] = leadsToProduct(editor, a) ? [a, b] : [b, a];
    const found = editor.elements.broadcast(added, shape, places);
    if (found === null) return { scores, mask: 'the shape of what is added to the scores is not known' };
    const mask = maskOf(found, { batch, query, key });
    return { scores, mask: typeof mask === 'string' ? mask : withFilter(mask, scale) };
  }
  if (node?.opType === 'Where') {
    const [condition = '', then = '', otherwise = ''] = node.inputs;
    const [first, second] = [editor.uniform(then), editor.uniform(otherwise)];
    const filter = first ?? second;
    const found = editor.elements.broadcast(condition, shape, places);
    if (filter === null || found?.kind !== 'truth') return null;
    const scores = first === null ? then : otherwise;
    if (found.truth.kind === 'always') return { scores, mask: 'a mask that is the same everywhere' };
    const isKept = (first === null) !== found.truth.negated;
    const mask = keptWhere(found.truth.condition, isKept, filter * scale, { batch, query, key });
    return { scores, mask };
  }
  return null;
}

function withFilter(mask: Mask, scale: number): Mask {
  return mask.kind === 'none' ? mask : { ...mask, filter: mask.filter * scale };
}

/** Whether a product of two values is above, through scaling and masking. */
function leadsToProduct(editor: GraphEditor, value: string, depth = 6): boolean {
  const node = producerOf(editor, value, 'MatMul', 'Add', 'Mul', 'Div', 'Where');
  if (node === null || depth === 0) return false;
  if (node.opType === 'MatMul') return true;
  return node.inputs.some((input) => leadsToProduct(editor, input, depth - 1));
}
