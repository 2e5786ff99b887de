/**
 * LayerNormalization(word[ids] + position[0 .. time) (+ type[types]) (+ rows that never change))
 *   = EmbedLayerNormalization(ids, types, word, position + those rows, type, scale, bias)
 */
import { float } from '../../../core/graph/attributes.js';
import { intAttribute } from '../../../core/graph/inference/rule.js';
import { float32 } from '../../../core/tensor.js';
import { type Addend, addends, type Lookup } from '../addends.js';
import type { GraphEditor } from '../editor.js';
import { asNumber } from '../elements/polynomial.js';
import { int32Of } from '../int32-of.js';
import { isLastAxis } from '../operands.js';
import { refused, type Rule } from '../rule.js';
import { isVectorOf } from '../same-shape.js';

export const embedLayerNormalization: Rule = {
  name: 'embed-layer-normalization',
  anchors: ['LayerNormalization'],
  match(editor, node, { contrib }) {
    const [sum = '', scale = '', bias = ''] = node.inputs;
    if (!contrib || node.domain !== '') return null;
    const parts = addends(editor, sum);
    if (!parts.some(({ kind }) => kind === 'lookup')) return null;
    if (parts.some(({ kind }) => kind === 'other')) return refused('something is added that no table gives');
    if (editor.isReadBeyond(sum, [node])) return refused('the sum is read by others too');
    if (editor.rank(sum) !== 3) return refused(`the sum has ${String(editor.rank(sum))} axes, not 3`);
    if (!isLastAxis(editor, node, intAttribute(node, 'axis', -1)))
      return refused('it normalises over more than the last axis');
    const found = assigned(parts);
    if (typeof found === 'string') return refused(found);
    const widths = new Set(
      [found.word, found.position, found.type].flatMap((one) => one?.table.shape[1] ?? []),
    );
    if (widths.size > 1) return refused('its tables are not of one width');
    const [width = 0] = widths;
    if (![scale, bias].every((vector) => vector === '' || isVectorOf(editor, vector, sum)))
      return refused('its scale or bias is no vector as long as the last axis');
    const why = whyUnlike(editor, sum, found);
    if (why !== null) return refused(why);
    const epsilon = node.attributes.epsilon?.kind === 'float' ? node.attributes.epsilon.value : 1e-5;
    return {
      edit: () => {
        editor.remove(node);
        const ids = int32Of(editor, found.word.indices);
        const types = found.type === null ? '' : int32Of(editor, found.type.indices);
        const places = found.placeIndices === null ? '' : int32Of(editor, found.placeIndices);
        const inputs = [
          ids,
          types,
          found.word.name,
          positionTable(editor, found.position, found.rows),
          found.type?.name ?? '',
          scale,
          bias === '' ? editor.initializer('bias', float32(new Float32Array(width))) : bias,
          '',
          places,
        ];
        while (inputs.at(-1) === '') inputs.pop();
        const [output = ''] = node.outputs;
        editor.add({
          opType: 'EmbedLayerNormalization',
          domain: 'com.microsoft',
          inputs,
          outputs: [output, ''],
          attributes: { epsilon: float(epsilon) },
        });
      },
    };
  },
};

/** Ids and types are of one shape; places may be those of one row. */
function whyUnlike(editor: GraphEditor, sum: string, found: Assigned): string | null {
  const whole = editor.elements.shape(sum);
  const isWhole = (indices: string, mayRepeat: boolean) => {
    const shape = editor.elements.shape(indices);
    return (
      shape?.length === 2 &&
      shape.every(
        (size, axis) => size.key === whole?.[axis]?.key || (mayRepeat && axis === 0 && asNumber(size) === 1),
      )
    );
  };
  if (!isWhole(found.word.indices, false)) return 'its ids are not known to be of the shape of the sum';
  if (found.type !== null && !isWhole(found.type.indices, false))
    return 'its types are not known to be of the shape of the ids';
  return found.placeIndices === null || isWhole(found.placeIndices, true)
    ? null
    : 'its positions are not known to be those of a row';
}

interface Assigned {
  readonly word: Lookup;
  readonly type: Lookup | null;
  readonly position: Lookup;
  /** null where positions count from the first row. */
  readonly placeIndices: string | null;
  /** Added to every position. */
  readonly rows: readonly Float32Array[];
}

/** Which table is which; the sum does not care, but the operator counts positions itself and has room for three. */
function assigned(parts: readonly Addend[]): Assigned | string {
  const lookups = parts.flatMap((part) => (part.kind === 'lookup' ? [part] : []));
  const counted = parts.flatMap((part) => (part.kind === 'positions' ? [part] : []));
  const rows = parts.flatMap((part) => (part.kind === 'row' ? [part.row] : []));
  const [largest, ...others] = lookups.toSorted((a, b) => (b.table.shape[0] ?? 0) - (a.table.shape[0] ?? 0));
  if (largest === undefined) return 'no table is indexed with ids';
  if (counted.length > 1) return 'it adds more than one table of positions';
  if (lookups.length + counted.length > 3) return 'it adds more than three tables';
  const [position = null] = counted;
  if (position !== null)
    return { word: largest, type: others[0] ?? null, position, placeIndices: null, rows };
  const given = others.find(({ indices }) => /pos/i.test(indices)) ?? others[0];
  if (given === undefined) return 'it adds no table of positions';
  const type = others.find((one) => one !== given) ?? null;
  return { word: largest, type, position: given, placeIndices: given.indices, rows };
}

function positionTable(
  editor: GraphEditor,
  { name, table, firstRow }: Lookup,
  rows: readonly Float32Array[],
): string {
  if (rows.length === 0 && firstRow === 0) return name;
  const [height = 0, width = 0] = table.shape;
  const data = Float32Array.from(table.data).slice(firstRow * width);
  for (const row of rows)
    for (let at = 0; at < data.length; at += 1) data[at] = (data[at] ?? 0) + (row[at % width] ?? 0);
  return editor.initializer(`${name}_rows`, float32(data, [height - firstRow, width]));
}
