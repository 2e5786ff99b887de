/** Squeeze in the form of an opset. */
import { ints } from '../../core/graph/attributes.js';
import { int64 } from '../../core/tensor.js';
import type { GraphEditor } from './editor.js';

/** Since which the axes are an input. */
const axesAsInput = 13;

/** A value without axes of 1. @param output its name; '' for a new one */
export function squeezed(
  editor: GraphEditor,
  value: string,
  axes: readonly number[],
  opset: number,
  output = '',
): string {
  const [made = ''] = editor.add({
    opType: 'Squeeze',
    inputs: opset < axesAsInput ? [value] : [value, editor.initializer('axes', int64([...axes]))],
    attributes: opset < axesAsInput ? { axes: ints([...axes]) } : {},
    outputs: [output],
  }).outputs;
  return made;
}
