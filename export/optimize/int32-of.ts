/** A value as int32, as ids and masks of com.microsoft operators are. */
import { int } from '../../core/graph/attributes.js';
import { onnxDataTypes } from '../../core/graph/data-types.js';
import type { GraphEditor } from './editor.js';

export function int32Of(editor: GraphEditor, value: string): string {
  if (editor.typeOf(value)?.dtype === 'int32') return value;
  const above = editor.producer(value);
  const widened = above?.opType === 'Cast' && above.domain === '' ? (above.inputs[0] ?? '') : '';
  if (editor.typeOf(widened)?.dtype === 'int32') return widened;
  const cast = editor.add({ opType: 'Cast', inputs: [value], attributes: { to: int(onnxDataTypes.int32) } });
  return cast.outputs[0] ?? '';
}
