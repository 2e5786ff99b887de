/** Weights of queries, keys and values as one matrix. */
import { packedName } from '../../../core/graph/stored-parameters.js';
import { float32 } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import type { FoundAttention } from './find.js';
import { turned } from './merged.js';
import type { Projection } from './projection.js';

interface Packed {
  readonly x: string;
  /** Names of initializers. */
  readonly weight: string;
  readonly bias: string;
}

/** Of one value, from which all three are projected. */
export function packed(editor: GraphEditor, { query, key, value, heads, width }: FoundAttention): Packed {
  const { x } = query;
  const parts = [query, key, value];
  const [rows = 0] = query.weight.shape;
  const total = heads * width;
  return {
    x: query.isTimeMajor ? turned(editor, x) : x,
    weight: editor.initializer(
      nameOf(parts, 'weight', width, 'qkv_weight'),
      float32(weightOf(parts, rows, heads, width), [rows, 3 * total]),
    ),
    bias: editor.initializer(nameOf(parts, 'bias', width, 'qkv_bias'), float32(biasOf(parts, heads, width))),
  };
}

/** A value [batch, time, heads * width] of one part: its product, or one of those columns that are the part's. */
export function apart(
  editor: GraphEditor,
  part: Projection,
  of: Pick<FoundAttention, 'heads' | 'width'>,
): string {
  const product = productOf(editor, part, of);
  return part.isTimeMajor ? turned(editor, product) : product;
}

function productOf(
  editor: GraphEditor,
  part: Projection,
  { heads, width }: Pick<FoundAttention, 'heads' | 'width'>,
): string {
  const total = heads * width;
  const [rows = 0, columns = 0] = part.weight.shape;
  if (columns === total && isWhole(part, width)) return part.value;
  const weight = editor.initializer(
    'part_weight',
    float32(weightOf([part], rows, heads, width), [rows, total]),
  );
  const [product = ''] = editor.add({ opType: 'MatMul', inputs: [part.x, weight] }).outputs;
  if (part.bias === null) return product;
  const bias = editor.initializer('part_bias', float32(biasOf([part], heads, width)));
  return editor.add({ opType: 'Add', inputs: [product, bias] }).outputs[0] ?? '';
}

function isWhole({ columns: { start, perHead, perPlace } }: Projection, width: number): boolean {
  return start === 0 && perHead === width && perPlace === 1;
}

/** That of the parts, where each is a whole constant of its own; those are then found in it by name. */
function nameOf(
  parts: readonly Projection[],
  what: 'weight' | 'bias',
  width: number,
  otherwise: string,
): string {
  const names = parts.flatMap((part) => part.names[what] ?? []);
  const areWhole = parts.every((part) => isWhole(part, width));
  return names.length === parts.length && new Set(names).size === parts.length && areWhole
    ? packedName(names)
    : otherwise;
}

function columnAt(
  { columns: { start, perHead, perPlace } }: Projection,
  head: number,
  place: number,
): number {
  return start + head * perHead + place * perPlace;
}

function weightOf(parts: readonly Projection[], rows: number, heads: number, width: number): Float32Array {
  const data = new Float32Array(rows * parts.length * heads * width);
  let at = 0;
  for (let row = 0; row < rows; row += 1)
    for (const part of parts) {
      const stride = part.weight.shape[1] ?? 0;
      for (let head = 0; head < heads; head += 1)
        for (let place = 0; place < width; place += 1, at += 1)
          data[at] = part.weight.data[row * stride + columnAt(part, head, place)] ?? 0;
    }
  return data;
}

function biasOf(parts: readonly Projection[], heads: number, width: number): Float32Array {
  const data = new Float32Array(parts.length * heads * width);
  let at = 0;
  for (const part of parts)
    for (let head = 0; head < heads; head += 1)
      for (let place = 0; place < width; place += 1, at += 1)
        data[at] = part.bias?.data[columnAt(part, head, place)] ?? 0;
  return data;
}
