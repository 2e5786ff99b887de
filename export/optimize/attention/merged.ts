/** The value behind attention in which the heads stand side by side. */
import { ints } from '../../../core/graph/attributes.js';
import { int64 } from '../../../core/tensor.js';
import type { GraphEditor } from '../editor.js';
import { constant, type Polynomial, product, sum } from '../elements/polynomial.js';
import { hasShape } from '../same-shape.js';
import { type HeadAxes, movedFrom } from './axes.js';

export interface Merged {
  readonly value: string;
  /** [batch, time, width], or [time, batch, width] where it is time-major; of both as rows where it is flat. */
  readonly isTimeMajor: boolean;
  readonly isFlat: boolean;
}

/** null where they are put together in another way, or not at all. */
export function mergedHeads(editor: GraphEditor, context: string, axes: HeadAxes): Merged | null {
  const { batch, head, query, within, rows, times, heads, width } = axes;
  const column = sum(product(head, constant(width)), within);
  const wanted = `${context}[${axes
    .at(query, within)
    .map(({ key }) => key)
    .join(',')}]`;
  const columns = constant(heads * width);
  const forms = [
    { isTimeMajor: false, isFlat: false, shape: [rows, times, columns], at: [batch, query, column] },
    { isTimeMajor: true, isFlat: false, shape: [times, rows, columns], at: [query, batch, column] },
    {
      isTimeMajor: false,
      isFlat: true,
      shape: [product(rows, times), columns],
      at: [sum(product(batch, times), query), column],
    },
    {
      isTimeMajor: true,
      isFlat: true,
      shape: [product(rows, times), columns],
      at: [sum(product(query, rows), batch), column],
    },
  ];
  for (const value of movedFrom(editor, context))
    for (const { isTimeMajor, isFlat, shape, at } of forms)
      if (hasShape(editor, value, shape) && elementKey(editor, value, at) === wanted)
        return { value, isTimeMajor, isFlat };
  return null;
}

function elementKey(editor: GraphEditor, value: string, at: readonly Polynomial[]): string | null {
  const found = editor.elements.at(value, at);
  const [term] = found.kind === 'number' ? found.value.terms : [];
  return term?.coefficient === 1 ? (term.atoms[0]?.key ?? null) : null;
}

/** Makes [time, batch, width] of [batch, time, width], or the other way round. */
export function turned(editor: GraphEditor, value: string, output = ''): string {
  const attributes = { perm: ints([1, 0, 2]) };
  const [made = ''] = editor.add({
    opType: 'Transpose',
    inputs: [value],
    outputs: [output],
    attributes,
  }).outputs;
  return made;
}

/** Whether what attention gives is not yet the merged value. */
export function isMoved({ isTimeMajor, isFlat }: Merged): boolean {
  return isTimeMajor || isFlat;
}

/** Makes the merged value of what attention gives, [batch, time, width]. */
export function moveTo(
  editor: GraphEditor,
  attended: string,
  { value, isTimeMajor, isFlat }: Merged,
  width: number,
): void {
  const moved = isTimeMajor ? turned(editor, attended, isFlat ? '' : value) : attended;
  if (!isFlat) return;
  const shape = editor.initializer('shape', int64([-1, width]));
  editor.add({ opType: 'Reshape', inputs: [moved, shape], outputs: [value] });
}
